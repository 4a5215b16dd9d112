// 2 MB every millisecond, outside of the JavaScript heap.
const kept = [];
setInterval(() => kept.push(Buffer.alloc(2 * 1024 * 1024, 1)), 1);
