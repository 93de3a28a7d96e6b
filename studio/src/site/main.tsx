import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRouter, RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./style/tokens.css";
import "./style/base.css";
import "./style/components.css";
import { onSignedOut, pageKey, ServerError } from "./api/call";
import { routeTree } from "./routes";

const client = new QueryClient({
  queryCache: new QueryCache(),
  defaultOptions: {
    queries: {
      // The stream of changes says when something is old.
      staleTime: 60_000,
      refetchOnWindowFocus: false,
      // A server that restarts is asked until it is there. What it has refused is not asked again, nor is a
      // content that can't be read read again.
      retry: (count, error) =>
        (error instanceof TypeError || (error instanceof ServerError && error.status >= 500)) && count < 30,
      retryDelay: (count) => Math.min(250 * 2 ** count, 4_000),
    },
    mutations: { retry: false },
  },
});

export const router = createRouter({
  routeTree,
  basepath: "/studio",
  context: { client },
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** Why the session of before has ended, in the server's words. */
    ended?: string;
  }
}

onSignedOut(({ code, message }) => {
  pageKey.clear();
  client.clear();
  const { pathname, href } = router.state.location;
  if (pathname === "/login") return;
  const state = code === "ExpiredTokenException" ? { ended: message } : {};
  void router.navigate({ to: "/login", search: { next: href }, state });
});

const page = document.getElementById("page");
if (page !== null) {
  createRoot(page).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
