// An OpenID provider that others wrote, at a port of its own. Its people have no passwords: whoever the `as` of
// the sign-in page names is signed in. What tests ask of it beside OpenID is under `/test/`.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The one thing of later Nodes that it uses.
URL.parse ??= (text) => (URL.canParse(text) ? new URL(text) : null);

const [judges, callback, certificate, privateKey] = process.argv.slice(2);
const { resolve } = createRequire(pathToFileURL(`${judges}/`));
const load = (name) => import(pathToFileURL(resolve(name)));
const { default: Provider } = await load("oidc-provider");
const { SignJWT, decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, importJWK } = await load("jose");

const SECRET = "s3cret/+%: of the pilot, long enough for HMAC";
/** What is told of people, by their names here. */
let people = {};
/** What is wrong with ID tokens. */
let forgery = null;

async function key(alg) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), use: "sig", alg };
}

/** The token as somebody would have it who is not the provider, or who means another client or another time. */
async function forged(token, { by, claims }, own) {
  const header = decodeProtectedHeader(token);
  const told = Object.entries({ ...decodeJwt(token), ...claims }).filter(([, value]) => value !== null);
  const encoded = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const payload = Object.fromEntries(told);
  if (by === "nobody") return `${encoded({ ...header, alg: "none" })}.${encoded(payload)}.`;
  if (by === "the client") {
    return new SignJWT(payload).setProtectedHeader({ ...header, alg: "HS256" }).sign(Buffer.from(SECRET));
  }
  const signer = by === "somebody else" ? await key(header.alg) : own;
  return new SignJWT(payload).setProtectedHeader(header).sign(await importJWK(signer, header.alg));
}

function make(signer) {
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "pilot",
        client_secret: SECRET,
        redirect_uris: [callback],
        id_token_signed_response_alg: signer.alg,
      },
    ],
    jwks: { keys: [signer] },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
    // What is asked for is granted.
    loadExistingGrant: async ({ oidc }) => {
      const { clientId } = oidc.client;
      const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  });
  provider.use(async (context, next) => {
    await next();
    const token = context.body?.id_token;
    if (forgery && token) context.body = { ...context.body, id_token: await forged(token, forgery, signer) };
  });
  return { provider, answer: provider.callback() };
}

const server = certificate
  ? createTlsServer({ cert: readFileSync(certificate), key: readFileSync(privateKey) })
  : createServer();
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const issuer = `${certificate ? "https" : "http"}://127.0.0.1:${server.address().port}`;
let { provider, answer } = make(await key("RS256"));

const changes = {
  people: (told) => (people = told),
  forgery: (told) => (forgery = told),
  keys: async (alg) => ({ provider, answer } = make(await key(alg))),
};
server.on("request", async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, issuer);
  const [, change] = /^\/test\/(\w+)$/.exec(pathname) ?? [];
  if (change) {
    await changes[change](JSON.parse(Buffer.concat(await request.toArray()).toString()));
    return response.end();
  }
  if (pathname.startsWith("/interaction/")) {
    const login = { accountId: searchParams.get("as") };
    const result = login.accountId ? { login } : { error: "access_denied" };
    return provider.interactionFinished(request, response, result);
  }
  return answer(request, response);
});
console.log(issuer);
