import { Button, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ApiError } from "../api/problem";
import { queries } from "../api/queries";
import type { Endpoint } from "../api/types";
import { NotFound } from "../app/NotFound";
import { TABS, type Tab } from "../app/search";
import { Badge } from "../ui/Badge";
import { Copy } from "../ui/Copy";
import { Page } from "../ui/Page";
import { QueryState } from "../ui/QueryState";
import { CallTab } from "./CallTab";
import { CodeTab } from "./CodeTab";
import { newer } from "./rules";
import { SettingsTab } from "./SettingsTab";
import { VersionsTab } from "./VersionsTab";

const TAB_WORDS: Record<Tab, string> = {
  call: "Call it",
  versions: "Versions",
  code: "Code",
  settings: "Settings",
};

/** The page of those who call an endpoint, and of those who keep it. */
export function EndpointPage() {
  const { name } = useParams({ from: "/endpoints/$name" });
  const { tab = "call" } = useSearch({ from: "/endpoints/$name" });
  const navigate = useNavigate();
  const endpoint = useQuery(queries.endpoint(name));
  if (endpoint.error instanceof ApiError && endpoint.error.status === 404) return <NotFound />;
  return (
    <Page
      title={name}
      beside={endpoint.data ? <Live endpoint={endpoint.data} /> : null}
      about={endpoint.data?.description}
      actions={
        <>
          <Button
            variant="default"
            renderRoot={(props) => <Link to="/deployments" search={{ endpoint: name }} {...props} />}
          >
            Deployments
          </Button>
          <Button
            variant="default"
            renderRoot={(props) => <Link to="/calls" search={{ endpoint: name }} {...props} />}
          >
            Calls
          </Button>
          <Button renderRoot={(props) => <Link to="/endpoints/$name/design" params={{ name }} {...props} />}>
            Design
          </Button>
        </>
      }
    >
      <QueryState query={endpoint} failed={`${name} could not be loaded`}>
        {(endpoint) => (
          <>
            <Url endpoint={endpoint} />
            <Tabs
              value={tab}
              keepMounted={false}
              onChange={(next) => {
                const chosen = TABS.find((known) => known === next) ?? "call";
                void navigate({
                  to: "/endpoints/$name",
                  params: { name },
                  search: { tab: chosen },
                  replace: true,
                });
              }}
            >
              <Tabs.List mb="md">
                {TABS.map((tab) => (
                  <Tabs.Tab key={tab} value={tab}>
                    {TAB_WORDS[tab]}
                  </Tabs.Tab>
                ))}
              </Tabs.List>
              <Tabs.Panel value="call">
                <CallTab endpoint={endpoint} />
              </Tabs.Panel>
              <Tabs.Panel value="versions">
                <VersionsTab endpoint={endpoint} />
              </Tabs.Panel>
              <Tabs.Panel value="code">
                <CodeTab endpoint={endpoint} />
              </Tabs.Panel>
              <Tabs.Panel value="settings">
                <SettingsTab endpoint={endpoint} />
              </Tabs.Panel>
            </Tabs>
          </>
        )}
      </QueryState>
    </Page>
  );
}

function Live({ endpoint }: { endpoint: Endpoint }) {
  const { live_version, version } = endpoint;
  return (
    <>
      {live_version ? <Badge tone="good">Live v{live_version}</Badge> : <Badge tone="plain">Not live</Badge>}
      {newer(endpoint) ? <span className="quiet small">v{version} is newer and not live</span> : null}
    </>
  );
}

function Url({ endpoint: { url, name } }: { endpoint: Endpoint }) {
  if (!url) {
    return (
      <p className="quiet">
        It has no URL until a version is live.{" "}
        <Link to="/endpoints/$name/design" params={{ name }}>
          Deploy one from the Designer.
        </Link>
      </p>
    );
  }
  return (
    <div className="row tight">
      <code className="cut" title={url}>
        {url}
      </code>
      <Copy text={url} what="the URL" />
    </div>
  );
}
