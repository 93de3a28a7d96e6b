// Every page has an address, and the address restores what it shows.
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { pageKey } from "./api/call";
import { currentSession } from "./api/session";
import { Trouble } from "./components/trouble";
import { component } from "./api/components";
import { readComponentListAddress, readRecordListAddress } from "./lib/component-list-address";
import { questionOf } from "./lib/component-question";
import { readChainAddress } from "./lib/chain";
import { readAddress, viewOf } from "./lib/columns";
import { readComponentAddress } from "./lib/component-address";
import { readDebuggerAddress } from "./lib/debugger-address";
import { addressOf, readS3Address } from "./lib/s3/address";
import { readCompareAddress } from "./lib/compare";
import { readJobAddress } from "./lib/job-address";
import { readLineageAddress } from "./lib/lineage-address";
import { readAttemptAddress } from "./lib/attempt-address";
import { readSmoothing } from "./lib/smooth";
import { readSourcedAddress, readSourcedListAddress } from "./lib/sourced-address";
import { autoMLJob, jobList, processingJob, trainingJob, transformJob, tuningJob } from "./api/queries";
import { experiment, typicalColumns } from "./api/rows";
import { Home } from "./pages/home/page";
import { AutopilotJobs, ProcessingJobs, TrainingJobs, TransformJobs, TuningJobs } from "./pages/job-list";
import { NotFound } from "./pages/not-found";
import { Shell } from "./shell";

const root = createRootRouteWithContext<{ client: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFound,
});

export const sessionKey = ["session"] as const;

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (raw: Record<string, unknown>): { next?: string } =>
    // A path of Studio only: an address of elsewhere would lead away after signing in.
    typeof raw["next"] === "string" && /^\/(?![/\\])/.test(raw["next"]) ? { next: raw["next"] } : {},
  component: lazyRouteComponent(() => import("./pages/login")),
});

const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  beforeLoad: async ({ context, location }) => {
    if (pageKey.get() === "") throw redirect({ to: "/login", search: { next: location.href } });
    return {
      session: await context.client.ensureQueryData({
        queryKey: sessionKey,
        queryFn: currentSession,
        staleTime: Number.POSITIVE_INFINITY,
        gcTime: Number.POSITIVE_INFINITY,
      }),
    };
  },
  component: Shell,
  errorComponent: ({ error }) => (
    <main>
      <Trouble error={error instanceof Error ? error : new Error(String(error))} what="Studio" />
    </main>
  ),
});

const home = createRoute({ getParentRoute: () => signedIn, path: "/", component: Home });

export const trainingJobs = createRoute({
  getParentRoute: () => signedIn,
  path: "/training-jobs",
  validateSearch: readAddress,
  loaderDeps: ({ search }) => ({ view: viewOf(search) }),
  loader: ({ context, deps }) => {
    // Asked while the page's code is being loaded, and not waited for.
    void context.client.prefetchInfiniteQuery(jobList("training-job", deps.view));
  },
  component: TrainingJobs,
});

export const processingJobs = createRoute({
  getParentRoute: () => signedIn,
  path: "/processing-jobs",
  validateSearch: readAddress,
  component: ProcessingJobs,
});

export const transformJobs = createRoute({
  getParentRoute: () => signedIn,
  path: "/transform-jobs",
  validateSearch: readAddress,
  component: TransformJobs,
});

export const tuningJobs = createRoute({
  getParentRoute: () => signedIn,
  path: "/tuning-jobs",
  validateSearch: readAddress,
  component: TuningJobs,
});

export const autopilotJobs = createRoute({
  getParentRoute: () => signedIn,
  path: "/autopilot-jobs",
  validateSearch: readAddress,
  component: AutopilotJobs,
});

export const trainingJobPage = createRoute({
  getParentRoute: () => signedIn,
  path: "/training-jobs/$name",
  validateSearch: readJobAddress,
  loader: ({ context, params }) => void context.client.prefetchQuery(trainingJob(params.name)),
  component: lazyRouteComponent(() => import("./pages/job/page"), "TrainingJobPage"),
});

export const processingJobPage = createRoute({
  getParentRoute: () => signedIn,
  path: "/processing-jobs/$name",
  validateSearch: readJobAddress,
  loader: ({ context, params }) => void context.client.prefetchQuery(processingJob(params.name)),
  component: lazyRouteComponent(() => import("./pages/job/page"), "ProcessingJobPage"),
});

export const transformJobPage = createRoute({
  getParentRoute: () => signedIn,
  path: "/transform-jobs/$name",
  validateSearch: readJobAddress,
  loader: ({ context, params }) => void context.client.prefetchQuery(transformJob(params.name)),
  component: lazyRouteComponent(() => import("./pages/job/page"), "TransformJobPage"),
});

export const tuningJobPage = createRoute({
  getParentRoute: () => signedIn,
  path: "/tuning-jobs/$name",
  validateSearch: readAttemptAddress,
  loader: ({ context, params }) => void context.client.prefetchQuery(tuningJob(params.name)),
  component: lazyRouteComponent(() => import("./pages/searches/tuning-page")),
});

export const autopilotJobPage = createRoute({
  getParentRoute: () => signedIn,
  path: "/autopilot-jobs/$name",
  validateSearch: readAttemptAddress,
  loader: ({ context, params }) => void context.client.prefetchQuery(autoMLJob(params.name)),
  component: lazyRouteComponent(() => import("./pages/searches/autopilot-page")),
});

const trainingJobAgain = createRoute({
  getParentRoute: () => signedIn,
  path: "/training-jobs/$name/again",
  component: lazyRouteComponent(() => import("./pages/job/again"), "TrainingJobAgain"),
});

const processingJobAgain = createRoute({
  getParentRoute: () => signedIn,
  path: "/processing-jobs/$name/again",
  component: lazyRouteComponent(() => import("./pages/job/again"), "ProcessingJobAgain"),
});

const transformJobAgain = createRoute({
  getParentRoute: () => signedIn,
  path: "/transform-jobs/$name/again",
  component: lazyRouteComponent(() => import("./pages/job/again"), "TransformJobAgain"),
});

const tuningJobAgain = createRoute({
  getParentRoute: () => signedIn,
  path: "/tuning-jobs/$name/again",
  component: lazyRouteComponent(() => import("./pages/job/again"), "TuningJobAgain"),
});

const autopilotJobAgain = createRoute({
  getParentRoute: () => signedIn,
  path: "/autopilot-jobs/$name/again",
  component: lazyRouteComponent(() => import("./pages/job/again"), "AutopilotJobAgain"),
});

const account = createRoute({
  getParentRoute: () => signedIn,
  path: "/account",
  component: lazyRouteComponent(() => import("./pages/account")),
});

const lineagePage = createRoute({
  getParentRoute: () => signedIn,
  path: "/lineage",
  validateSearch: readLineageAddress,
  component: lazyRouteComponent(() => import("./pages/lineage")),
});

const againChain = createRoute({
  getParentRoute: () => signedIn,
  path: "/again",
  validateSearch: readChainAddress,
  component: lazyRouteComponent(() => import("./pages/again-chain")),
});

const componentPage = createRoute({
  getParentRoute: () => signedIn,
  path: "/components/$name",
  validateSearch: readComponentAddress,
  loader: ({ context, params }) => void context.client.prefetchQuery(component(params.name)),
  component: lazyRouteComponent(() => import("./pages/component/page")),
});

const sourcedPages = [
  createRoute({
    getParentRoute: () => signedIn,
    path: "/artifacts",
    validateSearch: readSourcedListAddress,
    component: lazyRouteComponent(() => import("./pages/vertices/list"), "Artifacts"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/actions",
    validateSearch: readSourcedListAddress,
    component: lazyRouteComponent(() => import("./pages/vertices/list"), "Actions"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/contexts",
    validateSearch: readSourcedListAddress,
    component: lazyRouteComponent(() => import("./pages/vertices/list"), "Contexts"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/artifacts/$arn",
    validateSearch: readSourcedAddress,
    component: lazyRouteComponent(() => import("./pages/vertices/page"), "ArtifactPage"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/actions/$name",
    validateSearch: readSourcedAddress,
    component: lazyRouteComponent(() => import("./pages/vertices/page"), "ActionPage"),
  }),
  createRoute({
    getParentRoute: () => signedIn,
    path: "/contexts/$name",
    validateSearch: readSourcedAddress,
    component: lazyRouteComponent(() => import("./pages/vertices/page"), "ContextPage"),
  }),
] as const;

const experiments = createRoute({
  getParentRoute: () => signedIn,
  path: "/experiments",
  validateSearch: readRecordListAddress,
  component: lazyRouteComponent(() => import("./pages/experiments/list"), "Experiments"),
});

const experimentPage = createRoute({
  getParentRoute: () => signedIn,
  path: "/experiments/$name",
  validateSearch: readComponentListAddress,
  loaderDeps: ({ search }) => ({ trial: search.trial }),
  loader: ({ context, params, deps }) => {
    void context.client.prefetchQuery(experiment(params.name));
    void context.client.prefetchQuery(typicalColumns(questionOf({ experiment: params.name, trial: deps.trial })));
  },
  component: lazyRouteComponent(() => import("./pages/experiments/experiment"), "ExperimentPage"),
});

const components = createRoute({
  getParentRoute: () => signedIn,
  path: "/components",
  validateSearch: readComponentListAddress,
  loaderDeps: ({ search }) => ({ trial: search.trial, isUnassigned: search.unassigned }),
  loader: ({ context, deps }) => void context.client.prefetchQuery(typicalColumns(questionOf(deps))),
  component: lazyRouteComponent(() => import("./pages/experiments/components-page"), "ComponentsPage"),
});

export const experimentCharts = createRoute({
  getParentRoute: () => signedIn,
  path: "/experiments/$name/charts",
  validateSearch: (raw: Record<string, unknown>): { smooth?: number | undefined } => ({ smooth: readSmoothing(raw["smooth"]) }),
  component: lazyRouteComponent(() => import("./pages/experiment-charts")),
});

export const s3Buckets = createRoute({
  getParentRoute: () => signedIn,
  path: "/s3",
  component: lazyRouteComponent(() => import("./pages/s3/buckets"), "Buckets"),
});

export const s3Bucket = createRoute({
  getParentRoute: () => signedIn,
  path: "/s3/$bucket",
  validateSearch: readS3Address,
  component: lazyRouteComponent(() => import("./pages/s3/bucket"), "Bucket"),
});

/** /s3/bucket/a/b.txt, as people write it: where ".." and "//" in keys do not matter. */
const s3Path = createRoute({
  getParentRoute: () => signedIn,
  // A wildcard alone would match the bucket's own page too.
  path: "/s3/$bucket/$first/$",
  beforeLoad: ({ params: { bucket, first, _splat }, location }) => {
    const end = location.pathname.endsWith("/") ? "/" : "";
    const key = [first, _splat?.replace(/\/$/, "")].filter(Boolean).join("/") + end;
    throw redirect({ to: "/s3/$bucket", params: { bucket }, search: addressOf({ bucket, key }), replace: true });
  },
});

const compare = createRoute({
  getParentRoute: () => signedIn,
  path: "/compare",
  validateSearch: readCompareAddress,
  component: lazyRouteComponent(() => import("./pages/compare/page")),
});

const debuggerJobs = createRoute({
  getParentRoute: () => signedIn,
  path: "/debugger",
  component: lazyRouteComponent(() => import("./pages/debugger/list"), "DebuggerJobs"),
});

const debuggerPage = createRoute({
  getParentRoute: () => signedIn,
  path: "/debugger/training-job/$name",
  validateSearch: readDebuggerAddress,
  component: lazyRouteComponent(() => import("./pages/debugger/page"), "DebuggerPage"),
});

export const routeTree = root.addChildren([
  login,
  signedIn.addChildren([
    home,
    account,
    trainingJobs,
    trainingJobPage,
    trainingJobAgain,
    processingJobs,
    processingJobPage,
    processingJobAgain,
    transformJobs,
    transformJobPage,
    transformJobAgain,
    tuningJobs,
    tuningJobPage,
    tuningJobAgain,
    autopilotJobs,
    autopilotJobPage,
    autopilotJobAgain,
    lineagePage,
    againChain,
    componentPage,
    ...sourcedPages,
    experiments,
    experimentPage,
    components,
    experimentCharts,
    s3Buckets,
    s3Bucket,
    s3Path,
    compare,
    debuggerJobs,
    debuggerPage,
  ]),
]);

