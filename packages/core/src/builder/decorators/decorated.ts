import type { ImageSpecBuilder } from "../builder.ts";

/** The same builder with another `build`. Builders may be instances of classes, so members are bound, not copied. */
export function decorated(builder: ImageSpecBuilder, build: ImageSpecBuilder["build"]): ImageSpecBuilder {
  const { name, contractVersion, priority, capabilities } = builder;
  return Object.freeze({
    name,
    contractVersion,
    priority,
    capabilities,
    shouldBuild: builder.shouldBuild.bind(builder),
    ...(builder.appendableSource === undefined ? {} : { appendableSource: builder.appendableSource }),
    ...(builder.isAvailable === undefined ? {} : { isAvailable: builder.isAvailable.bind(builder) }),
    ...(builder.contentOptions === undefined ? {} : { contentOptions: builder.contentOptions.bind(builder) }),
    ...(builder.lockBase === undefined ? {} : { lockBase: builder.lockBase.bind(builder) }),
    ...(builder.resolver === undefined ? {} : { resolver: builder.resolver.bind(builder) }),
    build,
  });
}
