import { Counter, Gauge, Histogram, type Registry } from "@prometheus-io/client";

const MIB = 1024 ** 2;
const ATTEMPT_SECONDS = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400];
const WAIT_SECONDS = [0.005, 0.05, 0.5, 1, 5, 15, 60, 300, 900, 3600];
const REQUEST_SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 5];
const PEAK_BYTES = [64, 128, 256, 512, 1024, 2048, 4096, 8192].map((mebibytes) => mebibytes * MIB);

export type Instruments = ReturnType<typeof createInstruments>;

/** Every metric of the product; docs/reference/metrics.md is compared with this list by a test. */
export function createInstruments(registers: Registry[]) {
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) => new Counter({ name, help, labelNames, registers });
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) => new Gauge({ name, help, labelNames, registers });
  const histogram = <Label extends string>(name: string, help: string, options: { readonly labelNames: readonly Label[]; readonly buckets: number[] }) =>
    new Histogram({ name, help, ...options, registers });

  return {
    jobsEnqueued: counter("cofferdam_jobs_enqueued_total", "Jobs stored or made ready again.", ["lane", "type"]),
    attempts: counter("cofferdam_attempts_total", "Attempts that ended, by outcome.", ["lane", "type", "outcome"]),
    deaths: counter("cofferdam_worker_deaths_total", "Attempts whose process died or had to be ended, by cause.", ["lane", "cause"]),
    leakedProcesses: counter("cofferdam_leaked_processes_total", "Processes that attempts left behind and that were ended.", ["lane"]),
    quarantined: counter("cofferdam_jobs_quarantined_total", "Jobs put into quarantine.", ["lane", "type"]),
    diverted: counter("cofferdam_jobs_diverted_total", "New jobs that a guard sent to quarantine or to the high-memory lane.", ["type", "action", "by"]),
    trips: counter("cofferdam_trips_total", "How often a lane or job type was held back because too much failed in it.", ["scope", "name"]),
    startFailures: counter("cofferdam_worker_start_failures_total", "Worker processes that ended before they were ready."),
    workerStarts: counter("cofferdam_worker_starts_total", "Worker processes started."),
    workerEnds: counter("cofferdam_worker_ends_total", "Worker processes that ended."),
    scheduleMissed: counter("cofferdam_schedule_missed_total", "Slots that passed while the runtime was down.", ["schedule"]),
    serviceRestarts: counter("cofferdam_service_restarts_total", "Services begun anew, by reason.", ["service", "reason"]),
    serviceEscalations: counter("cofferdam_service_escalations_total", "Services that restarts did not help.", ["service"]),
    incidents: counter("cofferdam_incidents_total", "Incidents that were opened or came back after they were resolved.", ["cause"]),
    incidentWriteFailures: counter("cofferdam_incident_write_failures_total", "Abnormal ends that could not be stored at the first try."),
    breakerTrips: counter("cofferdam_breaker_trips_total", "Breakers that opened, or were opened again."),
    counted: counter("cofferdam_counted_total", "What jobs counted with job.count().", ["type", "name"]),
    storeErrors: counter("cofferdam_store_errors_total", "Store operations that failed.", ["op"]),

    attemptDuration: histogram("cofferdam_attempt_duration_seconds", "Wall time of attempts.", { labelNames: ["lane", "type"], buckets: ATTEMPT_SECONDS }),
    jobWait: histogram("cofferdam_job_wait_seconds", "Time from ready to started.", { labelNames: ["lane"], buckets: WAIT_SECONDS }),
    attemptPeakMemory: histogram("cofferdam_attempt_peak_memory_bytes", "Peak memory of an attempt's whole process tree.", { labelNames: ["lane", "type"], buckets: PEAK_BYTES }),
    requestDuration: histogram("cofferdam_http_request_duration_seconds", "Time until the answer was ready; streams count until their start.", {
      labelNames: ["method", "route", "code"],
      buckets: REQUEST_SECONDS,
    }),

    jobs: gauge("cofferdam_jobs", "Jobs by state.", ["lane", "state"]),
    oldestReady: gauge("cofferdam_lane_oldest_ready_timestamp_seconds", "Since when the oldest ready job could run; absent when none waits.", ["lane"]),
    laneLimit: gauge("cofferdam_lane_concurrency_limit", "How many attempts a lane runs at once.", ["lane"]),
    lanePaused: gauge("cofferdam_lane_paused", "1 while the lane's dispatch is paused.", ["lane"]),
    laneIntakePaused: gauge("cofferdam_lane_intake_paused", "1 while the lane's intake is paused.", ["lane"]),
    tripped: gauge("cofferdam_tripped", "1 while a lane or job type is held back or comes back step by step.", ["scope", "name"]),
    suggestedMemory: gauge("cofferdam_suggested_memory_bytes", "Memory budget that the past of the type suggests; absent while too little is known.", ["type"]),
    leakedHeap: gauge("cofferdam_heap_growth_bytes_per_attempt", "Heap growth per attempt in reused workers; 0 while it is not proven.", ["type"]),
    leftHandles: gauge("cofferdam_left_handles", "Handles that attempts which were looked at left open, added up.", ["type"]),
    leftScratch: gauge("cofferdam_left_scratch_bytes", "Bytes that attempts which were looked at left in their temporary directory, added up.", ["type"]),
    leftProcesses: gauge("cofferdam_left_processes", "Processes that attempts of the type left behind, added up.", ["type"]),
    memoryCapacity: gauge("cofferdam_memory_capacity_bytes", "Memory that attempts may reserve together: the limit less the margin."),
    memoryReserved: gauge("cofferdam_memory_reserved_bytes", "Memory that is reserved by what runs.", ["lane"]),
    memoryAvailable: gauge("cofferdam_memory_available_bytes", "Memory that the machine or container has left."),
    memoryGate: gauge("cofferdam_memory_gate_closed", "1 while nothing more is started because the machine is short of memory."),
    memoryBlocked: gauge("cofferdam_memory_blocked_types", "Job types whose next job waits for memory.", ["lane"]),
    workers: gauge("cofferdam_workers", "Worker processes by state.", ["state"]),
    workerMemory: gauge("cofferdam_workers_memory_bytes", "Memory of all worker process trees by state.", ["state"]),
    schedulePaused: gauge("cofferdam_schedule_paused", "1 while the schedule is paused.", ["schedule"]),
    scheduleLast: gauge("cofferdam_schedule_last_slot_timestamp_seconds", "The last slot that fired.", ["schedule"]),
    scheduleNext: gauge("cofferdam_schedule_next_slot_timestamp_seconds", "The next slot.", ["schedule"]),
    serviceUp: gauge("cofferdam_service_up", "1 while the service runs and has reported an update.", ["service"]),
    serviceWanted: gauge("cofferdam_service_wanted", "1 while the service is to run.", ["service"]),
    serviceUpdate: gauge("cofferdam_service_last_update_timestamp_seconds", "When the service reported its last update; absent before the first.", ["service"]),
    serviceFreshness: gauge("cofferdam_service_freshness_limit_seconds", "How often the service must report an update.", ["service"]),
    serviceMemory: gauge("cofferdam_service_memory_bytes", "Memory of the service's process tree.", ["service"]),
    servicePids: gauge("cofferdam_service_pids", "Threads and processes of the service's process tree.", ["service"]),
    incidentsOpen: gauge("cofferdam_incidents_open", "Incidents that are not resolved.", ["cause"]),
    breakers: gauge("cofferdam_breakers", "Breakers that remember something, by state.", ["state"]),
    brokenModules: gauge("cofferdam_broken_modules", "Job modules that could not be loaded."),
    storeSize: gauge("cofferdam_store_size_bytes", "Size of the store on disk."),
    storeWritable: gauge("cofferdam_store_writable", "1 while the store can be written."),
    heartbeat: gauge("cofferdam_supervisor_heartbeat_timestamp_seconds", "When the supervisor's loop last answered a scrape."),
    buildInfo: gauge("cofferdam_build_info", "Always 1; the version is in the labels.", ["version", "node"]),
  };
}
