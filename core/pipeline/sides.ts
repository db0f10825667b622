/** Which rows a join has: those with both sides; also those without a right side; also those without a left one. */
export type JoinHow = 'inner' | 'left' | 'full';

/** What a joined row is made of: a side is undefined only where the join's kind allows it, and never both. */
export type Sides<Left, Right, How extends JoinHow> = How extends 'inner'
  ? [left: Left, right: Right]
  : How extends 'left'
    ? [left: Left, right: Right | undefined]
    : [left: Left, right: Right | undefined] | [left: undefined, right: Right];
