export default async () => process.hrtime.bigint().toString();
