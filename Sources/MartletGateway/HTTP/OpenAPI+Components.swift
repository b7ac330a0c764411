extension OpenAPI {
    /// What the paths refer to: parameters, answers and the shapes of messages.
    static let components = #"""
        components:
          parameters:
            Id: { name: id, in: path, required: true, description: The job., schema: { $ref: "#/components/schemas/JobId" } }
            IdempotencyKey: { name: Idempotency-Key, in: header, description: Sets idempotencyKey; both must agree., schema: { $ref: "#/components/schemas/Name" } }
            Traceparent: { name: traceparent, in: header, description: "Sets traceparent when the body does not; ignored when malformed.", schema: { type: string } }
          headers:
            RequestId: { description: "The request's own, when it is 1 to 128 safe characters, or a fresh one.", required: true, schema: { type: string, minLength: 1, maxLength: 128 } }
          responses:
            P400:
              description: "A field or the body is not as it must be: invalid-field, malformed-body, malformed-request."
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
              content:
                application/problem+json:
                  schema: { $ref: "#/components/schemas/Problem" }
            P404:
              description: "No such job or path: unknown-job, unknown-path."
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
              content:
                application/problem+json:
                  schema: { $ref: "#/components/schemas/Problem" }
            P408:
              description: "The request took too long to arrive: timeout."
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
              content:
                application/problem+json:
                  schema: { $ref: "#/components/schemas/Problem" }
            P409:
              description: "It does not fit what is: stale-attempt, already-settled, wrong-state, idempotency-conflict, forgotten-submission."
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
              content:
                application/problem+json:
                  schema: { $ref: "#/components/schemas/Problem" }
            P413:
              description: "Over a limit of size: payload-too-large, submission-too-large, body-too-large."
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
              content:
                application/problem+json:
                  schema: { $ref: "#/components/schemas/Problem" }
            P415:
              description: "The body is not application/json: unsupported-media-type."
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
              content:
                application/problem+json:
                  schema: { $ref: "#/components/schemas/Problem" }
            P429:
              description: "A limit is reached: exhausted."
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Retry-After: { description: Seconds., required: true, schema: { type: integer, minimum: 1 } }
              content:
                application/problem+json:
                  schema: { $ref: "#/components/schemas/Problem" }
            P431:
              description: "The head is too large, at most 100 headers and 16 KiB: headers-too-large."
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
              content:
                application/problem+json:
                  schema: { $ref: "#/components/schemas/Problem" }
            P503:
              description: "The node cannot answer now: unavailable."
              headers:
                X-Request-Id: { $ref: "#/components/headers/RequestId" }
                Retry-After: { description: Seconds., required: true, schema: { type: integer, minimum: 1 } }
              content:
                application/problem+json:
                  schema: { $ref: "#/components/schemas/Problem" }
          schemas:
            Name: { type: string, minLength: 1, maxLength: 200, pattern: "^[A-Za-z0-9._:/-]+$" }
            OptionalName: { type: [string, "null"], maxLength: 200, pattern: "^[A-Za-z0-9._:/-]*$" }
            JobId: { type: string, pattern: "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$", example: 01981b2a-7c00-7000-8000-000000000001 }
            OptionalJobId:
              description: May be left out; otherwise the same as in the path.
              anyOf: [{ $ref: "#/components/schemas/JobId" }, { type: "null" }, { type: string, maxLength: 0 }]
            Token:
              description: The fencing token of the attempt.
              anyOf: [{ type: string, pattern: "^[1-9][0-9]{0,19}$" }, { type: integer, minimum: 1, maximum: 18446744073709551615 }]
            Bytes: { type: [string, "null"], description: "Base64, at most 1 MiB of bytes unless configured otherwise.", maxLength: 1398104, pattern: "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$" }
            Text: { type: [string, "null"], description: At most 1 MiB unless configured otherwise., maxLength: 1048576 }
            Duration: { type: [string, "null"], description: "Seconds, at most 30 days.", pattern: "^[1-9][0-9]{0,5}([.][0-9]{1,9})?s$", example: 1.5s }
            Lease: { type: string, description: 1 s to 12 h., pattern: "^([1-9][0-9]{0,3}|[1-3][0-9]{4}|4[0-2][0-9]{3})s$", example: 30s }
            Instant: { type: string, format: date-time }
            SpanOut: { type: string, pattern: "^-?[0-9]+([.][0-9]+)?s$" }
            Count: { type: integer, minimum: 0 }
            Count64: { type: string, pattern: "^[0-9]+$" }
            BytesOut: { type: string, contentEncoding: base64 }
            State: { type: string, enum: [SCHEDULED, QUEUED, RUNNING, RETRYING, SUCCEEDED, DEAD, CANCELLED] }
            Reason:
              type: string
              enum: [invalid-field, malformed-body, malformed-request, payload-too-large, submission-too-large, body-too-large, headers-too-large, unsupported-media-type, unknown-job, unknown-session, unknown-path, method-not-allowed, stale-attempt, already-settled, wrong-state, idempotency-conflict, forgotten-submission, exhausted, timeout, unavailable, internal-error]
            Problem:
              description: RFC 9457. `reason` is for programs and never changes its meaning; `detail` is for people.
              type: object
              additionalProperties: false
              required: [type, title, status, detail, reason, request_id]
              properties:
                type: { type: string, pattern: "^urn:martlet:problem:" }
                title: { type: string }
                status: { type: integer, minimum: 400, maximum: 599 }
                detail: { type: string }
                reason: { $ref: "#/components/schemas/Reason" }
                field: { type: string, description: "The field at fault, as the protocol names it.", example: "jobs[3].queue" }
                request_id: { type: string }
              example: { type: "urn:martlet:problem:invalid-field", title: A field is not as it must be, status: 400, detail: "kind: 1 to 200 bytes of [A-Za-z0-9._:/-]", reason: invalid-field, field: kind, request_id: 5c9d2f1e-8f0b-4a8e-9b1c-0d6f5e4c3b2a }
            JobSpec:
              type: object
              additionalProperties: false
              required: [kind]
              allOf:
                - not: { required: [payload, payloadText] }
                - not: { required: [runAt, delay] }
              properties:
                kind: { $ref: "#/components/schemas/Name" }
                queue: { $ref: "#/components/schemas/OptionalName" }
                payload: { $ref: "#/components/schemas/Bytes" }
                payloadText: { $ref: "#/components/schemas/Text" }
                priority: { description: Higher runs first. Unset means 5., anyOf: [{ type: [integer, "null"], minimum: 0, maximum: 9 }, { type: string, pattern: "^[0-9]$" }] }
                runAt: { description: "Not before this instant, at most 10 years away.", anyOf: [{ $ref: "#/components/schemas/Instant" }, { type: "null" }] }
                delay: { $ref: "#/components/schemas/Duration" }
                timeout: { $ref: "#/components/schemas/Duration" }
                retry: { anyOf: [{ $ref: "#/components/schemas/RetryPolicy" }, { type: "null" }] }
                idempotencyKey: { $ref: "#/components/schemas/OptionalName" }
                traceparent: { type: [string, "null"], pattern: "^(00-[0-9a-f]{31}[1-9a-f]-[0-9a-f]{15}[1-9a-f]-[0-9a-f]{2})?$" }
            RetryPolicy:
              type: object
              additionalProperties: false
              properties:
                attempts: { description: Unset means 25., anyOf: [{ type: [integer, "null"], minimum: 0, maximum: 1000 }, { type: string, pattern: "^[1-9][0-9]{0,2}$" }] }
                initialBackoff: { $ref: "#/components/schemas/Duration" }
                maxBackoff: { $ref: "#/components/schemas/Duration" }
            RetryPolicyOut:
              type: object
              properties:
                attempts: { $ref: "#/components/schemas/Count" }
                initialBackoff: { $ref: "#/components/schemas/SpanOut" }
                maxBackoff: { $ref: "#/components/schemas/SpanOut" }
            Job:
              description: What is zero or empty is left out, as protobuf has it.
              type: object
              additionalProperties: false
              required: [id, kind, queue, state, submittedAt]
              properties:
                id: { $ref: "#/components/schemas/JobId" }
                kind: { $ref: "#/components/schemas/Name" }
                queue: { $ref: "#/components/schemas/Name" }
                state: { $ref: "#/components/schemas/State" }
                priority: { $ref: "#/components/schemas/Count" }
                payload: { $ref: "#/components/schemas/BytesOut" }
                result: { $ref: "#/components/schemas/BytesOut" }
                failure: { $ref: "#/components/schemas/FailureOut" }
                attempt: { $ref: "#/components/schemas/Count" }
                failedAttempts: { $ref: "#/components/schemas/Count" }
                lostAttempts: { $ref: "#/components/schemas/Count" }
                submittedAt: { $ref: "#/components/schemas/Instant" }
                startedAt: { $ref: "#/components/schemas/Instant" }
                finishedAt: { $ref: "#/components/schemas/Instant" }
                dueAt: { $ref: "#/components/schemas/Instant" }
                timeout: { $ref: "#/components/schemas/SpanOut" }
                retry: { $ref: "#/components/schemas/RetryPolicyOut" }
                idempotencyKey: { $ref: "#/components/schemas/Name" }
                traceparent: { type: string }
            FailureOut:
              type: object
              additionalProperties: false
              properties:
                code: { type: string }
                message: { type: string }
            Failure:
              type: [object, "null"]
              additionalProperties: false
              properties:
                code: { type: [string, "null"], description: A short stable word. Unset means error., maxLength: 200 }
                message: { type: [string, "null"], description: For people; 4 KiB of it are kept. }
            SubmitRequest:
              type: object
              additionalProperties: false
              properties:
                jobs: { type: [array, "null"], maxItems: 10000, items: { $ref: "#/components/schemas/JobSpec" } }
                clientId: { type: [string, "null"], description: A UUID that the client made for itself. It goes with sequence., pattern: "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})?$" }
                sequence: { description: "1, 2, 3, ... with at most 16 unanswered: a repeated submission is answered again. 0 means not numbered.", anyOf: [{ type: string, pattern: "^(0|[1-9][0-9]{0,19})$" }, { type: integer, minimum: 0, maximum: 18446744073709551615 }, { type: "null" }] }
              dependentRequired: { sequence: [clientId] }
            SubmitResponse:
              type: object
              additionalProperties: false
              properties:
                jobIds: { type: array, items: { $ref: "#/components/schemas/JobId" } }
                sequence: { $ref: "#/components/schemas/Count64" }
            ListJobsResponse:
              type: object
              additionalProperties: false
              properties:
                jobs: { type: array, items: { $ref: "#/components/schemas/Job" } }
                nextPageToken: { type: string }
            JobEvent:
              type: object
              additionalProperties: false
              required: [time, event, state]
              properties:
                time: { $ref: "#/components/schemas/Instant" }
                position: { $ref: "#/components/schemas/Count64" }
                event: { type: string }
                attempt: { $ref: "#/components/schemas/Count" }
                sessionId: { type: string }
                failure: { $ref: "#/components/schemas/FailureOut" }
                state: { $ref: "#/components/schemas/State" }
                dueAt: { $ref: "#/components/schemas/Instant" }
            ListJobEventsResponse:
              type: object
              additionalProperties: false
              properties:
                events: { type: array, items: { $ref: "#/components/schemas/JobEvent" } }
            JobName:
              type: object
              additionalProperties: false
              properties:
                id: { $ref: "#/components/schemas/OptionalJobId" }
            ExtendRequest:
              type: object
              additionalProperties: false
              required: [token, lease]
              properties:
                jobId: { $ref: "#/components/schemas/OptionalJobId" }
                token: { $ref: "#/components/schemas/Token" }
                lease: { $ref: "#/components/schemas/Lease" }
            ExtendResponse:
              type: object
              additionalProperties: false
              required: [leasedUntil]
              properties:
                leasedUntil: { $ref: "#/components/schemas/Instant" }
            CompleteRequest:
              type: object
              additionalProperties: false
              required: [token]
              not: { required: [result, resultText] }
              properties:
                jobId: { $ref: "#/components/schemas/OptionalJobId" }
                token: { $ref: "#/components/schemas/Token" }
                result: { $ref: "#/components/schemas/Bytes" }
                resultText: { $ref: "#/components/schemas/Text" }
            Empty: { type: object, additionalProperties: false }
            FailRequest:
              type: object
              additionalProperties: false
              required: [token]
              properties:
                jobId: { $ref: "#/components/schemas/OptionalJobId" }
                token: { $ref: "#/components/schemas/Token" }
                failure: { $ref: "#/components/schemas/Failure" }
                isFinal: { type: [boolean, "null"] }
                retryAfter: { $ref: "#/components/schemas/Duration" }
            FailResponse:
              type: object
              additionalProperties: false
              required: [state]
              properties:
                state: { $ref: "#/components/schemas/State" }
                dueAt: { $ref: "#/components/schemas/Instant" }
            ReleaseRequest:
              type: object
              additionalProperties: false
              required: [token]
              properties:
                jobId: { $ref: "#/components/schemas/OptionalJobId" }
                token: { $ref: "#/components/schemas/Token" }
            LeaseRequest:
              type: object
              additionalProperties: false
              required: [queues]
              properties:
                queues: { type: array, minItems: 1, maxItems: 64, items: { $ref: "#/components/schemas/Name" } }
                limit: { description: Unset means 1., anyOf: [{ type: [integer, "null"], minimum: 0, maximum: 1000 }, { type: string, pattern: "^[1-9][0-9]{0,2}$" }] }
                wait: { type: [string, "null"], description: How long to wait for the first attempt., pattern: "^([1-5]?[0-9]([.][0-9]{1,9})?|60)s$", example: 0.01s }
                lease: { anyOf: [{ $ref: "#/components/schemas/Lease" }, { type: "null" }] }
            Attempt:
              type: object
              additionalProperties: false
              required: [jobId, token, kind, queue, attempt, submittedAt]
              properties:
                jobId: { $ref: "#/components/schemas/JobId" }
                token: { $ref: "#/components/schemas/Count64" }
                kind: { $ref: "#/components/schemas/Name" }
                queue: { $ref: "#/components/schemas/Name" }
                payload: { $ref: "#/components/schemas/BytesOut" }
                attempt: { $ref: "#/components/schemas/Count" }
                timeout: { $ref: "#/components/schemas/SpanOut" }
                traceparent: { type: string }
                submittedAt: { $ref: "#/components/schemas/Instant" }
                lease: { $ref: "#/components/schemas/SpanOut" }
            LeaseResponse:
              type: object
              additionalProperties: false
              properties:
                attempts: { type: array, items: { $ref: "#/components/schemas/Attempt" } }
            Queue:
              type: object
              additionalProperties: false
              required: [name]
              properties:
                name: { $ref: "#/components/schemas/Name" }
                scheduled: { $ref: "#/components/schemas/Count64" }
                queued: { $ref: "#/components/schemas/Count64" }
                running: { $ref: "#/components/schemas/Count64" }
                retrying: { $ref: "#/components/schemas/Count64" }
                succeeded: { $ref: "#/components/schemas/Count64" }
                dead: { $ref: "#/components/schemas/Count64" }
                cancelled: { $ref: "#/components/schemas/Count64" }
                workers: { $ref: "#/components/schemas/Count" }
                oldestWaiting: { $ref: "#/components/schemas/SpanOut" }
            ListQueuesResponse:
              type: object
              additionalProperties: false
              properties:
                queues: { type: array, items: { $ref: "#/components/schemas/Queue" } }
            Worker:
              type: object
              additionalProperties: false
              required: [sessionId]
              properties:
                sessionId: { type: string }
                name: { type: string }
                queues: { type: array, items: { type: string } }
                concurrency: { $ref: "#/components/schemas/Count" }
                running: { $ref: "#/components/schemas/Count" }
                connectedAt: { $ref: "#/components/schemas/Instant" }
                lastSeenAt: { $ref: "#/components/schemas/Instant" }
                connected: { type: boolean }
            ListWorkersResponse:
              type: object
              additionalProperties: false
              properties:
                workers: { type: array, items: { $ref: "#/components/schemas/Worker" } }
            Status:
              type: object
              additionalProperties: false
              required: [status]
              properties:
                status: { type: string, enum: [live, ready] }
        """#
}
