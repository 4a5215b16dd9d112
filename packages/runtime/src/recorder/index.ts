// recorder: the flight recorder; what an attempt's tree was like until its end, also when nobody is left to tell.
// Owns: the curve in memory and the files in the data directory's `flight` folder. Never: looks by itself, judges.
// In: the looks of the watch. Out: curves, listings and machine states, from memory or read back from disk.
export { createRecorder, type FlightLook, type FlightSource, type FlightTrack, type Recorder, type WorkerFlight } from "./create-recorder.ts";
export { readFlight, type RecordedFlight } from "./read-flight.ts";
export { reduceTo } from "./curve.ts";
export { OLDER } from "./flight-file.ts";
export { autopsyFromDisk, oomKillRise } from "./recovered.ts";
