extension OpenAPI {
    /// What clients and operators ask for.
    static let jobPaths = #"""
          /v1/jobs:
            post:
              operationId: submitJob
              summary: "Submit one job. Acknowledged means durable."
              parameters:
                - $ref: "#/components/parameters/IdempotencyKey"
                - $ref: "#/components/parameters/Traceparent"
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { $ref: "#/components/schemas/JobSpec" }
                    example: { "kind": "send-email", "queue": "mail", "payloadText": "{}" }
              responses:
                "201":
                  description: The job, also when its idempotency key already stood for it.
                  headers:
                    Location:
                      description: Where the job is.
                      required: true
                      schema: { type: string, pattern: "^/v1/jobs/" }
                    X-Request-Id: { $ref: "#/components/headers/RequestId" }
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Job" }
                  links:
                    get: { operationId: getJob, parameters: { id: "$response.body#/id" } }
                    events: { operationId: listJobEvents, parameters: { id: "$response.body#/id" } }
                    cancel: { operationId: cancelJob, parameters: { id: "$response.body#/id" } }
                    redrive: { operationId: redriveJob, parameters: { id: "$response.body#/id" } }
                "400": { $ref: "#/components/responses/P400" }
                "408": { $ref: "#/components/responses/P408" }
                "409": { $ref: "#/components/responses/P409" }
                "413": { $ref: "#/components/responses/P413" }
                "415": { $ref: "#/components/responses/P415" }
                "429": { $ref: "#/components/responses/P429" }
                "431": { $ref: "#/components/responses/P431" }
                "503": { $ref: "#/components/responses/P503" }
            get:
              operationId: listJobs
              summary: "Jobs, newest first, without payload and result."
              parameters:
                - { name: queue, in: query, description: Only jobs of this queue., schema: { type: string } }
                - { name: kind, in: query, description: Only jobs of this kind., schema: { type: string } }
                - { name: state, in: query, description: "Only jobs in this state, in lower or upper case.", schema: { type: string, enum: [scheduled, queued, running, retrying, succeeded, dead, cancelled, SCHEDULED, QUEUED, RUNNING, RETRYING, SUCCEEDED, DEAD, CANCELLED] } }
                - { name: submitted_after, in: query, schema: { type: string, format: date-time, example: "2026-11-20T18:00:00Z" } }
                - { name: submitted_before, in: query, schema: { type: string, format: date-time, example: "2027-11-20T18:00:00Z" } }
                - { name: page_size, in: query, description: Unset means 100., schema: { type: integer, minimum: 1, maximum: 1000 } }
                - { name: page_token, in: query, description: nextPageToken of the page before., schema: { type: string, pattern: "^(p(0|[1-9a-z][0-9a-z]{0,12}))?$" } }
              responses:
                "200":
                  description: "A page."
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/ListJobsResponse" }
                  headers:
                    X-Request-Id: { $ref: "#/components/headers/RequestId" }
                "400": { $ref: "#/components/responses/P400" }
                "431": { $ref: "#/components/responses/P431" }
                "503": { $ref: "#/components/responses/P503" }
          /v1/jobs:batch:
            post:
              operationId: submitJobs
              summary: "Submit up to 10,000 jobs or 8 MiB of payload, all or nothing."
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { $ref: "#/components/schemas/SubmitRequest" }
                    example: { "jobs": [{ "kind": "send-email" }] }
              responses:
                "200":
                  description: "The jobs in the order of the request."
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/SubmitResponse" }
                  headers:
                    X-Request-Id: { $ref: "#/components/headers/RequestId" }
                "400": { $ref: "#/components/responses/P400" }
                "408": { $ref: "#/components/responses/P408" }
                "409": { $ref: "#/components/responses/P409" }
                "413": { $ref: "#/components/responses/P413" }
                "415": { $ref: "#/components/responses/P415" }
                "429": { $ref: "#/components/responses/P429" }
                "431": { $ref: "#/components/responses/P431" }
                "503": { $ref: "#/components/responses/P503" }
          /v1/jobs/{id}:
            get:
              operationId: getJob
              summary: "One job."
              parameters:
                - $ref: "#/components/parameters/Id"
                - { name: wait, in: query, description: "Wait this long, at most 60 s, for the job to reach a final state.", schema: { type: string, pattern: "^([1-5]?[0-9]([.][0-9]{1,9})?|60)s$", example: 0.01s }, example: 0.01s }
              responses:
                "200":
                  description: "The job as it stands."
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Job" }
                  headers:
                    X-Request-Id: { $ref: "#/components/headers/RequestId" }
                "400": { $ref: "#/components/responses/P400" }
                "404": { $ref: "#/components/responses/P404" }
                "429": { $ref: "#/components/responses/P429" }
                "431": { $ref: "#/components/responses/P431" }
                "503": { $ref: "#/components/responses/P503" }
          /v1/jobs/{id}/events:
            get:
              operationId: listJobEvents
              summary: "What happened to the job."
              parameters:
                - $ref: "#/components/parameters/Id"
              responses:
                "200":
                  description: "Its history, oldest first."
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/ListJobEventsResponse" }
                  headers:
                    X-Request-Id: { $ref: "#/components/headers/RequestId" }
                "400": { $ref: "#/components/responses/P400" }
                "404": { $ref: "#/components/responses/P404" }
                "431": { $ref: "#/components/responses/P431" }
                "503": { $ref: "#/components/responses/P503" }
          /v1/jobs/{id}:cancel:
            post:
              operationId: cancelJob
              summary: "Cancel a job that has not ended."
              parameters:
                - $ref: "#/components/parameters/Id"
              requestBody:
                required: false
                content:
                  application/json:
                    schema: { $ref: "#/components/schemas/JobName" }
              responses:
                "200":
                  description: "The cancelled job."
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Job" }
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
          /v1/jobs/{id}:redrive:
            post:
              operationId: redriveJob
              summary: "Queue a dead job again, with its counts at zero."
              parameters:
                - $ref: "#/components/parameters/Id"
              requestBody:
                required: false
                content:
                  application/json:
                    schema: { $ref: "#/components/schemas/JobName" }
              responses:
                "200":
                  description: "The queued job."
                  content:
                    application/json:
                      schema: { $ref: "#/components/schemas/Job" }
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
        """#
}
