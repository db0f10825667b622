interface Priced {
  readonly price: number;
}

/** The three levels of price of the reports: below 100 dollars, below 10,000, and above. */
export const isLow = ({ price }: Priced): boolean => price < 10_000;
export const isMiddle = ({ price }: Priced): boolean => price >= 10_000 && price < 1_000_000;
export const isHigh = ({ price }: Priced): boolean => price >= 1_000_000;
