// One build of ours in a process of its own: `node _buildkit-once.mjs JSON`; prints { ms, peak } with the peak of its memory in bytes.
import { buildOnce } from "./_buildkit-ours.mjs";

const ms = await buildOnce(JSON.parse(process.argv[2]));
// Kilobytes on Linux.
console.log(JSON.stringify({ ms, peak: process.resourceUsage().maxRSS * 1024 }));
