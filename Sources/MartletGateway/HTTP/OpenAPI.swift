/// The description of the HTTP interface, as `/openapi.yaml` serves it: a text in four parts.
///
/// Literals and not a resource: it must be there in a fully static binary. `Tests/http/openapi_check.py` holds it
/// against a running server.
enum OpenAPI {
    static let document = [head, jobPaths, workPaths, components].joined(separator: "\n")

    private static let head = #"""
        openapi: 3.1.0
        info:
          title: Martlet
          version: "1"
          license: { name: Apache-2.0, identifier: Apache-2.0 }
          description: |
            The protobuf messages of martlet.v1 in protobuf's JSON mapping. Names are written in lowerCamelCase and read in
            that or in snake_case; null means unset. A name that is not known, or that comes twice in one object, is refused.
            Bodies are at most 12 MiB, without a content coding. Every refusal is a problem document with a stable `reason`.
            A path that is not here answers 404, a method that a path does not take 405 with `Allow`; HEAD goes with each GET.
            A request that waits ends early when its caller hangs up.
        servers: [{ url: / }]
        paths:
        """#
}
