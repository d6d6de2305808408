import { useMantineColorScheme } from "@mantine/core";
import { Spotlight, spotlight, type SpotlightActionGroupData } from "@mantine/spotlight";
import {
  IconActivity,
  IconApi,
  IconKeyboard,
  IconMessage2,
  IconMoon,
  IconPlus,
  IconRocket,
  IconSearch,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { queries } from "../api/queries";
import { prompts } from "../prompts/queries";
import { PLACES } from "./nav";
import { isId } from "./ids";
import "./Palette.css";

/** Everything that can be gone to, by its name. */
export function Palette({ asked, onHelp }: { asked: number; onHelp: () => void }) {
  const [query, setQuery] = useState("");
  const actions = useActions(query.trim(), onHelp);
  useEffect(() => spotlight.open(), [asked]);
  return (
    <Spotlight
      actions={actions}
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      attributes={{ content: { "aria-label": "Search" } }}
      nothingFound="Nothing has that name"
      highlightQuery={false}
      scrollable
      maxHeight={420}
      searchProps={{
        leftSection: <IconSearch size={17} aria-hidden />,
        placeholder: "A page, a prompt, an endpoint, or an id",
        "aria-label": "Search",
      }}
    />
  );
}

function useActions(query: string, onHelp: () => void): SpotlightActionGroupData[] {
  const navigate = useNavigate();
  const { toggleColorScheme } = useMantineColorScheme();
  const endpoints = useQuery(queries.endpoints());
  const kept = useQuery(prompts.named());
  const go = (to: (typeof PLACES)[number]["to"]) => () => void navigate({ to });

  const pages = PLACES.map(({ to, word, icon: Sign, key }) => ({
    id: to,
    label: word,
    description: `g ${key}`,
    leftSection: <Sign size={17} aria-hidden />,
    onClick: go(to),
  }));
  const named = (endpoints.data?.items ?? []).map(({ name, description }) => ({
    id: `endpoint-${name}`,
    label: name,
    description,
    leftSection: <IconApi size={17} aria-hidden />,
    onClick: () => void navigate({ to: "/endpoints/$name", params: { name } }),
  }));
  const designed = (endpoints.data?.items ?? []).map(({ name }) => ({
    id: `design-${name}`,
    label: `Design ${name}`,
    leftSection: <IconApi size={17} aria-hidden />,
    onClick: () => void navigate({ to: "/endpoints/$name/design", params: { name } }),
  }));
  const written = (kept.data?.items ?? []).map(({ name, description }) => ({
    id: `prompt-${name}`,
    label: name,
    description,
    leftSection: <IconMessage2 size={17} aria-hidden />,
    onClick: () => void navigate({ to: "/prompts/$name", params: { name } }),
  }));
  const groups: SpotlightActionGroupData[] = [
    { group: "Pages", actions: pages },
    { group: "Prompts", actions: query === "" ? written.slice(0, 5) : written },
    { group: "Endpoints", actions: query === "" ? named.slice(0, 5) : [...named, ...designed] },
    {
      group: "Actions",
      actions: [
        {
          id: "new",
          label: "New endpoint",
          leftSection: <IconPlus size={17} aria-hidden />,
          onClick: () => void navigate({ to: "/endpoints/new" }),
        },
        {
          id: "scheme",
          label: "Switch between light and dark",
          leftSection: <IconMoon size={17} aria-hidden />,
          onClick: toggleColorScheme,
        },
        {
          id: "keys",
          label: "Show the keys",
          leftSection: <IconKeyboard size={17} aria-hidden />,
          onClick: onHelp,
        },
      ],
    },
  ];
  if (!isId(query)) return groups;
  const byId = [
    {
      id: "call",
      label: `Call ${query}`,
      leftSection: <IconActivity size={17} aria-hidden />,
      onClick: () => void navigate({ to: "/calls", search: { call: query } }),
    },
    {
      id: "deployment",
      label: `Deployment ${query}`,
      leftSection: <IconRocket size={17} aria-hidden />,
      onClick: () => void navigate({ to: "/deployments/$id", params: { id: query } }),
    },
  ];
  return [{ group: "By id", actions: byId }, ...groups];
}
