// What else can be done with a chart.
import { Content, Item, Portal, Root, Trigger } from "@radix-ui/react-dropdown-menu";
import { Icon } from "./icons";

export interface ChartAction {
  label: string;
  run: () => void;
}

export function MoreMenu({ title, actions }: { title: string; actions: ChartAction[] }) {
  return (
    // A modal one would write a style element, which the page's policy forbids.
    <Root modal={false}>
      <Trigger asChild>
        <button type="button" className="icon-button" title="More">
          <Icon name="more" />
          <span className="hidden-text">More for {title}</span>
        </button>
      </Trigger>
      {/* Among the content: what is outside of all landmarks is hard to find for screen readers. */}
      <Portal container={document.getElementById("content")}>
        <Content className="chart-menu" align="end" sideOffset={4}>
          {actions.map(({ label, run }) => (
            <Item key={label} onSelect={run}>
              {label}
            </Item>
          ))}
        </Content>
      </Portal>
    </Root>
  );
}
