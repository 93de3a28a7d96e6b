// Who is signed in.
import { pageKey, post } from "./call";

export interface Session {
  Principal: { Kind: string; Name: string; Arn: string };
  ExpiresAt: number;
  Account: string;
  Region: string;
  /** Of the stream of changes, when this was answered. */
  Position: string;
}

export async function currentSession(): Promise<Session> {
  return (await post("session", {})) as Session;
}

export async function signIn(
  wanted: { Link: string } | { UserName: string; Password: string },
): Promise<Session> {
  const session = (await post("login", wanted)) as Session & { PageKey: string };
  pageKey.set(session.PageKey);
  return session;
}

export async function signOut(): Promise<void> {
  await post("logout", {}).catch(() => undefined);
  pageKey.clear();
}
