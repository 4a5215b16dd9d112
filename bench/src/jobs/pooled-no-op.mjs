// The same no-op for tinypool.
export default ({ report }) => (report === true ? process.pid : undefined);
