/** Which address is which page. Pages come when they are needed, or when a link to them is pointed at. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type ErrorComponentProps,
} from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { Page } from "../ui/Page";
import { Rows } from "../ui/Rows";
import { ahead } from "./ahead";
import { Shell } from "./Shell";
import * as search from "./search";

const NotFound = lazy(() => import("./NotFound").then(({ NotFound }) => ({ default: NotFound })));
const Failed = lazy(() => import("./Failed").then(({ Failed }) => ({ default: Failed })));

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <Suspense>
      <NotFound />
    </Suspense>
  ),
});
const at = <const Path extends string>(path: Path) => ({ getParentRoute: () => root, path });

const overview = createRoute({
  ...at("/"),
  beforeLoad: ahead.overview,
  component: lazyRouteComponent(() => import("../overview/OverviewPage"), "OverviewPage"),
});

const prompts = createRoute({
  ...at("/prompts"),
  validateSearch: search.promptsSearch,
  beforeLoad: ({ search }) => ahead.prompts(search),
  component: lazyRouteComponent(() => import("../prompts/PromptsPage"), "PromptsPage"),
});

const prompt = createRoute({
  ...at("/prompts/$name"),
  validateSearch: search.promptSearch,
  beforeLoad: ({ params, search }) => ahead.prompt(params.name, search),
  component: lazyRouteComponent(() => import("../prompts/PromptPage"), "PromptPage"),
});

const endpoints = createRoute({
  ...at("/endpoints"),
  beforeLoad: ahead.endpoints,
  component: lazyRouteComponent(() => import("../endpoints/EndpointsPage"), "EndpointsPage"),
});

const newEndpoint = createRoute({
  ...at("/endpoints/new"),
  validateSearch: search.newEndpointSearch,
  component: lazyRouteComponent(() => import("../designer/NewPage"), "NewPage"),
});

const endpoint = createRoute({
  ...at("/endpoints/$name"),
  validateSearch: search.endpointSearch,
  beforeLoad: ({ params }) => ahead.endpoint(params.name),
  component: lazyRouteComponent(() => import("../endpoints/EndpointPage"), "EndpointPage"),
});

const design = createRoute({
  ...at("/endpoints/$name/design"),
  validateSearch: search.designSearch,
  beforeLoad: ({ params }) => ahead.endpoint(params.name),
  component: lazyRouteComponent(() => import("../designer/DesignPage"), "DesignPage"),
});

const deployments = createRoute({
  ...at("/deployments"),
  validateSearch: search.deploymentsSearch,
  beforeLoad: ({ search }) => ahead.deployments(search.endpoint ?? null),
  component: lazyRouteComponent(() => import("../deployments/DeploymentsPage"), "DeploymentsPage"),
});

const deployment = createRoute({
  ...at("/deployments/$id"),
  validateSearch: search.deploymentSearch,
  beforeLoad: ({ params }) => ahead.deployment(params.id),
  component: lazyRouteComponent(() => import("../deployments/DeploymentPage"), "DeploymentPage"),
});

const calls = createRoute({
  ...at("/calls"),
  validateSearch: search.callsSearch,
  beforeLoad: ({ search: { call: _, ...filter } }) => ahead.calls(filter),
  component: lazyRouteComponent(() => import("../calls/CallsPage"), "CallsPage"),
});

const keys = createRoute({
  ...at("/keys"),
  beforeLoad: ahead.keys,
  component: lazyRouteComponent(() => import("../keys/KeysPage"), "KeysPage"),
});

const members = createRoute({
  ...at("/members"),
  component: lazyRouteComponent(() => import("../people/MembersPage"), "MembersPage"),
});

const providers = createRoute({
  ...at("/providers"),
  beforeLoad: ahead.providers,
  component: lazyRouteComponent(() => import("../settings/ProvidersPage"), "ProvidersPage"),
});

const environments = createRoute({
  ...at("/environments"),
  beforeLoad: ahead.environments,
  component: lazyRouteComponent(() => import("../settings/EnvironmentsPage"), "EnvironmentsPage"),
});

const budget = createRoute({
  ...at("/budget"),
  component: lazyRouteComponent(() => import("../settings/BudgetPage"), "BudgetPage"),
});

const audit = createRoute({
  ...at("/audit"),
  validateSearch: search.auditSearch,
  component: lazyRouteComponent(() => import("../settings/AuditPage"), "AuditPage"),
});

const profile = createRoute({
  ...at("/profile"),
  component: lazyRouteComponent(() => import("../people/ProfilePage"), "ProfilePage"),
});

const signUp = createRoute({
  ...at("/sign-up"),
  component: lazyRouteComponent(() => import("../people/SignUpPage"), "SignUpPage"),
});

const invite = createRoute({
  ...at("/invite/$token"),
  component: lazyRouteComponent(() => import("../people/InvitePage"), "InvitePage"),
});

const device = createRoute({
  ...at("/device"),
  validateSearch: search.deviceSearch,
  component: lazyRouteComponent(() => import("../people/DevicePage"), "DevicePage"),
});

const reset = createRoute({
  ...at("/reset"),
  validateSearch: search.tokenSearch,
  component: lazyRouteComponent(() => import("../people/ResetPage"), "ResetPage"),
});

const verify = createRoute({
  ...at("/verify"),
  validateSearch: search.tokenSearch,
  component: lazyRouteComponent(() => import("../people/VerifyPage"), "VerifyPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    overview,
    prompts,
    prompt,
    endpoints,
    newEndpoint,
    endpoint,
    design,
    deployments,
    deployment,
    calls,
    keys,
    members,
    providers,
    environments,
    budget,
    audit,
    profile,
    signUp,
    invite,
    device,
    reset,
    verify,
  ]),
  defaultPreload: "intent",
  defaultPendingMs: 150,
  // What is there is shown: for half a second, by default, it would not be.
  defaultPendingMinMs: 0,
  defaultPendingComponent: () => (
    <Page title="Loading">
      <Rows />
    </Page>
  ),
  defaultErrorComponent: (props: ErrorComponentProps) => (
    <Suspense>
      <Failed {...props} />
    </Suspense>
  ),
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
