export { __factory__, type __options__ } from "./__builder__.ts";
