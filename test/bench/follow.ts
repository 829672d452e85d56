import { delaysOf } from './follower.js';

/** A reader in a process of its own: `follow.js <url> <after> <count>` says that it is ready, and then the delays. */
const [url = '', after = '0', count = '0'] = process.argv.slice(2);
const delays = await delaysOf(url, Number(after), Number(count), () => process.stdout.write('ready\n'));
process.stdout.write(JSON.stringify(delays));
