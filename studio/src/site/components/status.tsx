// A status as a sign of its own shape and a word, so that its colour says nothing alone.
const TONES: Record<string, string> = {
  InProgress: "running",
  Completed: "completed",
  NoIssuesFound: "completed",
  Failed: "failed",
  Error: "failed",
  IssuesFound: "stopped",
  Stopping: "stopped",
  Stopped: "stopped",
};

const WORDS: Record<string, string> = {
  InProgress: "In progress",
  NoIssuesFound: "No issues found",
  IssuesFound: "Issues found",
};

export function Status({ status, badge = false }: { status: string; badge?: boolean }) {
  const tone = TONES[status] ?? "";
  return (
    <span className={`status ${tone}${badge ? " badge" : ""}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="2.2">
        {tone === "running" && <circle cx="8" cy="8" r="4.5" fill="currentColor" stroke="none" />}
        {tone === "completed" && <path d="M3 8.5 6.5 12 13 4.5" strokeLinecap="round" />}
        {tone === "failed" && <path d="M4 4l8 8M12 4l-8 8" strokeLinecap="round" />}
        {tone === "stopped" && <rect x="4" y="4" width="8" height="8" fill="currentColor" stroke="none" />}
        {tone === "" && <circle cx="8" cy="8" r="4.5" />}
      </svg>
      {WORDS[status] ?? status}
    </span>
  );
}
