extension OpenAPI {
    /// What workers without a session ask for, and what is asked of the server itself.
    static let workPaths = #"""
          /v1/jobs/{id}:extend:
            post:
              operationId: extendAttempt
              summary: "Keep a leased attempt for longer."
              parameters:
                - $ref: "#/components/parameters/Id"
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { $ref: "#/components/schemas/ExtendRequest" }
              responses:
                "200":
                  description: "Until when it is held."
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/ExtendResponse" }
                  headers:
                    X-Request-Id: { $ref: "#/components/headers/RequestId" }
                "400": { $ref: "#/components/responses/P400" }
                "404": { $ref: "#/components/responses/P404" }
                "408": { $ref: "#/components/responses/P408" }
                "409": { $ref: "#/components/responses/P409" }
                "413": { $ref: "#/components/responses/P413" }
                "415": { $ref: "#/components/responses/P415" }
                "429": { $ref: "#/components/responses/P429" }
                "431": { $ref: "#/components/responses/P431" }
                "503": { $ref: "#/components/responses/P503" }
          /v1/jobs/{id}:complete:
            post:
              operationId: completeAttempt
              summary: "The attempt succeeded."
              parameters:
                - $ref: "#/components/parameters/Id"
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { $ref: "#/components/schemas/CompleteRequest" }
              responses:
                "200":
                  description: "Recorded."
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Empty" }
                  headers:
                    X-Request-Id: { $ref: "#/components/headers/RequestId" }
                "400": { $ref: "#/components/responses/P400" }
                "404": { $ref: "#/components/responses/P404" }
                "408": { $ref: "#/components/responses/P408" }
                "409": { $ref: "#/components/responses/P409" }
                "413": { $ref: "#/components/responses/P413" }
                "415": { $ref: "#/components/responses/P415" }
                "429": { $ref: "#/components/responses/P429" }
                "431": { $ref: "#/components/responses/P431" }
                "503": { $ref: "#/components/responses/P503" }
          /v1/jobs/{id}:fail:
            post:
              operationId: failAttempt
              summary: "The attempt failed."
              parameters:
                - $ref: "#/components/parameters/Id"
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { $ref: "#/components/schemas/FailRequest" }
              responses:
                "200":
                  description: "What it led to."
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/FailResponse" }
                  headers:
                    X-Request-Id: { $ref: "#/components/headers/RequestId" }
                "400": { $ref: "#/components/responses/P400" }
                "404": { $ref: "#/components/responses/P404" }
                "408": { $ref: "#/components/responses/P408" }
                "409": { $ref: "#/components/responses/P409" }
                "413": { $ref: "#/components/responses/P413" }
                "415": { $ref: "#/components/responses/P415" }
                "429": { $ref: "#/components/responses/P429" }
                "431": { $ref: "#/components/responses/P431" }
                "503": { $ref: "#/components/responses/P503" }
          /v1/jobs/{id}:release:
            post:
              operationId: releaseAttempt
              summary: "Give the attempt back; it does not count."
              parameters:
                - $ref: "#/components/parameters/Id"
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { $ref: "#/components/schemas/ReleaseRequest" }
              responses:
                "200":
                  description: "Recorded."
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Empty" }
                  headers:
                    X-Request-Id: { $ref: "#/components/headers/RequestId" }
                "400": { $ref: "#/components/responses/P400" }
                "404": { $ref: "#/components/responses/P404" }
                "408": { $ref: "#/components/responses/P408" }
                "409": { $ref: "#/components/responses/P409" }
                "413": { $ref: "#/components/responses/P413" }
                "415": { $ref: "#/components/responses/P415" }
                "429": { $ref: "#/components/responses/P429" }
                "431": { $ref: "#/components/responses/P431" }
                "503": { $ref: "#/components/responses/P503" }
          /v1/attempts:lease:
            post:
              operationId: leaseAttempts
              summary: "Take attempts without a session."
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { $ref: "#/components/schemas/LeaseRequest" }
                    example: { "queues": ["mail"], "limit": 1, "wait": "0.01s", "lease": "30s" }
              responses:
                "200":
                  description: "None, when the wait was over first; fewer than the limit, where payloads have more than 4 MiB."
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/LeaseResponse" }
                  links:
                    extend: { operationId: extendAttempt, parameters: { id: "$response.body#/attempts/0/jobId" }, requestBody: { token: "$response.body#/attempts/0/token", lease: 30s } }
                    complete: { operationId: completeAttempt, parameters: { id: "$response.body#/attempts/0/jobId" }, requestBody: { token: "$response.body#/attempts/0/token" } }
                    fail: { operationId: failAttempt, parameters: { id: "$response.body#/attempts/0/jobId" }, requestBody: { token: "$response.body#/attempts/0/token", isFinal: true } }
                    release: { operationId: releaseAttempt, parameters: { id: "$response.body#/attempts/0/jobId" }, requestBody: { token: "$response.body#/attempts/0/token" } }
                  headers:
                    X-Request-Id: { $ref: "#/components/headers/RequestId" }
                "400": { $ref: "#/components/responses/P400" }
                "408": { $ref: "#/components/responses/P408" }
                "413": { $ref: "#/components/responses/P413" }
                "415": { $ref: "#/components/responses/P415" }
                "429": { $ref: "#/components/responses/P429" }
                "431": { $ref: "#/components/responses/P431" }
                "503": { $ref: "#/components/responses/P503" }
          /v1/queues:
            get:
              operationId: listQueues
              summary: "All queues."
              responses:
                "200":
                  description: "The queues."
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/ListQueuesResponse" }
                  headers:
                    X-Request-Id: { $ref: "#/components/headers/RequestId" }
                "400": { $ref: "#/components/responses/P400" }
                "431": { $ref: "#/components/responses/P431" }
                "503": { $ref: "#/components/responses/P503" }
          /v1/workers:
            get:
              operationId: listWorkers
              summary: "All sessions of workers."
              responses:
                "200":
                  description: "The workers."
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/ListWorkersResponse" }
                  headers:
                    X-Request-Id: { $ref: "#/components/headers/RequestId" }
                "400": { $ref: "#/components/responses/P400" }
                "431": { $ref: "#/components/responses/P431" }
          /livez:
            get:
              operationId: live
              summary: "The process answers."
              responses:
                "200":
                  description: "It lives."
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Status" }
                  headers:
                    X-Request-Id: { $ref: "#/components/headers/RequestId" }
                "431": { $ref: "#/components/responses/P431" }
          /readyz:
            get:
              operationId: ready
              summary: "The node can take work: a recent append succeeded."
              responses:
                "200":
                  description: "It is ready."
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Status" }
                  headers:
                    X-Request-Id: { $ref: "#/components/headers/RequestId" }
                "431": { $ref: "#/components/responses/P431" }
                "503": { $ref: "#/components/responses/P503" }
          /metrics:
            get:
              operationId: metrics
              summary: "Figures for Prometheus."
              responses:
                "200":
                  description: Text format 0.0.4.
                  content:
                    text/plain:
                      schema: { type: string }
                "431": { $ref: "#/components/responses/P431" }
                "503": { $ref: "#/components/responses/P503" }
          /openapi.yaml:
            get:
              operationId: openapi
              summary: "This document."
              responses:
                "200":
                  description: OpenAPI 3.1.
                  content:
                    application/yaml:
                      schema: { }
                "431": { $ref: "#/components/responses/P431" }
        """#
}
