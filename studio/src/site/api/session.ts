// Who is signed in.
import { answerOf, pageKey, post } from "./call";

declare global {
  interface Window {
    /** Asked by public/start.js, before this script was there. */
    clarySession?: { key: string; asked: Promise<Response> } | undefined;
  }
}

export interface Session {
  /** Name: of a user profile, where a session of a role was opened for one. */
  Principal: { Kind: string; Name: string; Arn: string; UserProfile: string | null };
  ExpiresAt: number;
  Account: string;
  Region: string;
  /** Of the stream of changes, when this was answered. */
  Position: string;
}

export interface Credentials {
  UserName: string;
  Password: string;
}

/** One browser in which the caller is signed in. */
export interface OwnSession {
  IsThis: boolean;
  BegunAt: number;
  ExpiresAt: number;
  Browser: string;
}

export async function ownSessions(): Promise<OwnSession[]> {
  return ((await post("sessions", {})) as { Sessions: OwnSession[] }).Sessions;
}

export async function currentSession(): Promise<Session> {
  const early = window.clarySession;
  window.clarySession = undefined;
  if (early !== undefined && early.key === pageKey.get()) {
    const response = await early.asked.catch(() => undefined);
    if (response !== undefined) return (await answerOf(response)) as Session;
  }
  return (await post("session", {})) as Session;
}

export async function signIn(
  /** NewPassword: where the server has said that the password has to be replaced. */
  wanted: { Link: string } | (Credentials & { NewPassword?: string }),
): Promise<Session & { Landing: string | null }> {
  const session = (await post("login", wanted)) as Session & { PageKey: string; Landing: string | null };
  pageKey.set(session.PageKey);
  return session;
}

export async function signOut(): Promise<void> {
  await post("logout", {}).catch(() => undefined);
  pageKey.clear();
}
