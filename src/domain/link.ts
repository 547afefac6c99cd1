/** Where to go next: a path of this API, or an absolute URL of the platform's own pages. */
export interface Link {
  readonly href: string;
  readonly method: string;
}
