// The same no-op for BullMQ's child processes.
export default async ({ data }) => (data.report === true ? process.pid : undefined);
