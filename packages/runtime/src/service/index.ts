// service: always-on work is kept alive and fresh.
// Owns: when a service is begun anew, how often that is tried, and what happens when it does not help. Never: starts a process, names a cause, touches SQL.
// In: definitions of services, what runs now. Out: attempts to start and stop; restarts, escalations and health.
export { createServiceHost, type ServiceHost, type ServiceHostDeps } from "./service-host.ts";
export type { ServiceDoor, ServiceState, ServiceView } from "./ports.ts";
export { viewApp, type AppAddress, type AppView } from "./app-view.ts";
export { judge, type ServiceSighting, type Sentence } from "./rules.ts";
export { nextStart, type RestartHistory } from "./restart.ts";
