import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Role } from '#vault';

/** An OIDC provider on loopback: its discovery document, its key, and tokens signed with it. */
export type Issuer = Readonly<{
  url: string;
  issue: (roles: readonly Role[], office: string, audience: string) => Promise<string>;
  close: () => void;
}>;

export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'spec', alg: 'ES256' }];
  const server = createServer(({ url: path }, response) => {
    const document = path === '/jwks' ? { keys } : { issuer: url, jwks_uri: `${url}/jwks` };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return {
    url,
    issue: (roles, office, audience) =>
      new SignJWT({ office, roles })
        .setProtectedHeader({ alg: 'ES256', kid: 'spec' })
        .setIssuer(url)
        .setAudience(audience)
        .setSubject('production-shape')
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
