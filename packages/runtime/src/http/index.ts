// http: the HTTP API, its OpenAPI document and the probes.
// Owns: routes, auth, problem+json, streams, Idempotency-Key. Never: knows how anything is done; it asks control.
// In: HTTP requests. Out: HTTP answers.
export { checkListen, type HttpServerOptions } from "./options.ts";
export { createHttpServer, type HttpServer, type HttpServerDeps } from "./server.ts";
