"use strict";

/** Imports a module for code that was compiled by an earlier run: V8 forgets where such code comes from, which import() needs. */
module.exports = (id) => import(id);
