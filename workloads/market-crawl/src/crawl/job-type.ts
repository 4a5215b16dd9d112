export const CRAWL_JOB = "market.crawl";
