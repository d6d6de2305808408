/** What the navigation leads to, and which keys do the same. */
import {
  IconActivity,
  IconApi,
  IconCoin,
  IconHistory,
  IconHome,
  IconKey,
  IconMessage2,
  IconPlugConnected,
  IconRocket,
  IconStack2,
  IconUser,
  IconUsers,
  type Icon,
} from "@tabler/icons-react";

export interface Place {
  to:
    | "/"
    | "/prompts"
    | "/endpoints"
    | "/deployments"
    | "/calls"
    | "/keys"
    | "/members"
    | "/providers"
    | "/environments"
    | "/budget"
    | "/audit"
    | "/profile";
  word: string;
  icon: Icon;
  /** After `g`. */
  key: string;
}

export interface Section {
  word: string | null;
  places: Place[];
}

export const SECTIONS: Section[] = [
  { word: null, places: [{ to: "/", word: "Overview", icon: IconHome, key: "o" }] },
  {
    word: "Build",
    places: [
      { to: "/prompts", word: "Prompts", icon: IconMessage2, key: "p" },
      { to: "/endpoints", word: "Endpoints", icon: IconApi, key: "e" },
    ],
  },
  {
    word: "Run",
    places: [
      { to: "/deployments", word: "Deployments", icon: IconRocket, key: "d" },
      { to: "/calls", word: "Calls", icon: IconActivity, key: "c" },
    ],
  },
  { word: "Connect", places: [{ to: "/keys", word: "API keys", icon: IconKey, key: "k" }] },
  {
    word: "Settings",
    places: [
      { to: "/members", word: "Members", icon: IconUsers, key: "m" },
      { to: "/providers", word: "Providers", icon: IconPlugConnected, key: "v" },
      { to: "/environments", word: "Environments", icon: IconStack2, key: "n" },
      { to: "/budget", word: "Budget", icon: IconCoin, key: "b" },
      { to: "/audit", word: "Audit log", icon: IconHistory, key: "u" },
      { to: "/profile", word: "Profile", icon: IconUser, key: "f" },
    ],
  },
];

export const PLACES: Place[] = SECTIONS.flatMap((section) => section.places);
