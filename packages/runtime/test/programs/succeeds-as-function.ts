/** A plain function is a job too. */
export default function double(job: { readonly input: { readonly marker: string } }): string {
  return job.input.marker;
}
