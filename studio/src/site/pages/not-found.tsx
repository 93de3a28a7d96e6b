import { Link } from "@tanstack/react-router";

export function NotFound() {
  return (
    <div className="empty">
      <h1>There is no such page</h1>
      <p className="soft">The address may be of another version of Clary.</p>
      <Link to="/" className="button">
        Home
      </Link>
    </div>
  );
}
