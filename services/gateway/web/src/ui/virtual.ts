// virtual.ts - of many rows, those in sight (TanStack Virtual): within the frame that scrolls them, or the page. The rest
// is room between and behind them. The row that has the focus stays, with its neighbours, wherever one scrolls: nothing
// that is drawn or not moves the focus.
import {
  defaultKeyExtractor,
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  observeWindowOffset,
  observeWindowRect,
  type Range,
  Virtualizer,
  type VirtualizerOptions,
  windowScroll,
} from '@tanstack/virtual-core';
import { useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';

const OVERSCAN = 10;

interface Drawn {
  index: number;
  /** Pixels of rows before it that are not drawn. */
  room: number;
}

interface Options {
  count: number;
  /** Of a row that was not yet seen, in pixels. */
  rowHeight: number;
  /** Switched off, all are drawn. */
  enabled: boolean;
  keyOf?: (index: number) => string;
}

type Rows = Virtualizer<Element | Window, Element>;
type Adapter = VirtualizerOptions<Element | Window, Element>;

/** By the window where the page itself scrolls, by the frame where that does. */
const byPage = {
  observeElementRect: observeWindowRect,
  observeElementOffset: observeWindowOffset,
  scrollToFn: windowScroll,
} as unknown as Adapter;
const byFrame = { observeElementRect, observeElementOffset, scrollToFn: elementScroll } as unknown as Adapter;
const adapterOf = (rows: Rows) => (rows.scrollElement instanceof Window ? byPage : byFrame);

function scrollerOf(element: Element): Element | Window {
  for (let at = element.parentElement; at && at !== document.body; at = at.parentElement)
    if (/auto|scroll/.test(getComputedStyle(at).overflowY)) return at;
  return window;
}

/** How far below the beginning of what scrolls the rows begin. */
function marginOf(list: Element, scroller: Element | Window): number {
  const top = list.getBoundingClientRect().top;
  return scroller instanceof Window
    ? top + scroller.scrollY
    : top - scroller.getBoundingClientRect().top + scroller.scrollTop;
}

function withFocused(range: Range, focused: number): number[] {
  const drawn = defaultRangeExtractor(range);
  if (focused < 0) return drawn;
  const kept = [focused - 1, focused, focused + 1].filter((index) => index >= 0 && index < range.count);
  return [...new Set([...drawn, ...kept])].sort((a, b) => a - b);
}

const everything = (count: number): Drawn[] =>
  Array.from({ length: count }, (_, index) => ({ index, room: 0 }));

function roomsOf(rows: Rows, margin: number): { drawn: Drawn[]; after: number } {
  let end = margin;
  const drawn = rows.getVirtualItems().map((item) => {
    const room = Math.max(item.start - end, 0);
    end = item.end;
    return { index: item.index, room };
  });
  return { drawn, after: Math.max(rows.getTotalSize() + margin - end, 0) };
}

/** `list` is the element whose children are the rows; each has `data-index` and `measure` as its ref. */
export function useVirtual({ count, rowHeight, enabled, keyOf }: Options) {
  const list = useRef<HTMLTableSectionElement>(null);
  const scroller = useRef<Element | Window>(null);
  const focused = useRef(-1);
  const [margin, setMargin] = useState(0);
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const options: Adapter = {
    count,
    enabled,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    scrollMargin: margin,
    getItemKey: keyOf ?? defaultKeyExtractor,
    rangeExtractor: (range) => withFocused(range, focused.current),
    getScrollElement: () => scroller.current,
    observeElementRect: (rows, told) => adapterOf(rows).observeElementRect(rows, told),
    observeElementOffset: (rows, told) => adapterOf(rows).observeElementOffset(rows, told),
    scrollToFn: (offset, how, rows) => adapterOf(rows).scrollToFn(offset, how, rows),
    onChange: () => redraw(undefined),
  };
  const [rows] = useState<Rows>(() => new Virtualizer(options));
  rows.setOptions(options);
  useLayoutEffect(() => rows._didMount(), [rows]);
  useLayoutEffect(() => {
    if (enabled && list.current) {
      scroller.current ??= scrollerOf(list.current);
      const found = marginOf(list.current, scroller.current);
      if (Math.abs(found - margin) > 1) setMargin(found);
    }
    rows._willUpdate();
  });
  const { drawn, after } = enabled ? roomsOf(rows, margin) : { drawn: everything(count), after: 0 };
  return {
    list,
    drawn,
    after,
    measure: enabled ? rows.measureElement : null,
    onFocusIn: (event: FocusEvent) => {
      const row = (event.target as Element).closest('[data-index]');
      focused.current = row ? rows.indexFromElement(row) : -1;
    },
    onFocusOut: () => {
      focused.current = -1;
    },
  };
}
