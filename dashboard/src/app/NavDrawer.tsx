import { Drawer } from "@mantine/core";
import { Nav } from "./Nav";

/** The navigation where there is no room for it beside the page. */
export function NavDrawer({ onClose }: { onClose: () => void }) {
  return (
    <Drawer opened onClose={onClose} size={260} title="Pages" padding={8}>
      <Nav narrow={false} onGo={onClose} />
    </Drawer>
  );
}
