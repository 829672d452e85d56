import { spawnSync } from 'node:child_process';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A door of its own to a server on loopback, which can be slow: what passes it can be told from what does not. */
export class Door {
  /** Between a byte's coming and its going on, in each direction. */
  delayMs = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async open(to: number): Promise<Door> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const door = new Door(server, typeof address === 'object' && address ? address.port : 0);
    server.on('connection', (near) => {
      const far = dial({ port: to, host: '127.0.0.1', noDelay: true });
      door.join(near, far);
      door.join(far, near);
    });
    return door;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private join(from: Socket, to: Socket): void {
    this.sockets.add(from);
    let sent = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      const { delayMs } = this;
      if (delayMs === 0) return void to.write(chunk);
      // One after the other, so that nothing overtakes: but what comes at once waits at once.
      const due = performance.now() + delayMs;
      sent = sent.then(() => delay(Math.max(0, due - performance.now()))).then(() => void to.write(chunk));
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
  }
}

/** Drops what goes to and comes from a port of loopback, wholly or so many of a hundred. In a namespace of one's own. */
export function cut(port: number, percent = 100): void {
  rules('-A', port, percent);
}

export function mend(port: number, percent = 100): void {
  rules('-D', port, percent);
}

function rules(verb: '-A' | '-D', port: number, percent: number): void {
  const chance =
    percent === 100 ? [] : ['-m', 'statistic', '--mode', 'random', '--probability', `${percent / 100}`];
  for (const side of ['--dport', '--sport']) {
    const words = [verb, 'INPUT', '-i', 'lo', '-p', 'tcp', side, String(port), ...chance, '-j', 'DROP'];
    const { status, stderr } = spawnSync('iptables', words, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`iptables ${words.join(' ')}: ${stderr}`);
  }
}
