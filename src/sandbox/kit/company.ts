/** One automation of the company whose platforms the sandboxes stand in for. */
export interface Automation {
  readonly name: string;
  readonly department: string;
  readonly description: string;
}

/** The one process of every platform that needs no input, ends within 5 s and leaves a log. */
export const smokeTest: Automation = {
  name: 'Smoke test',
  department: 'Platform',
  description:
    'Needs nothing, changes nothing, ends within five seconds: shows that the platform runs processes.',
};

const finance: readonly Automation[] = [
  {
    name: 'Invoice intake',
    department: 'Finance',
    description: 'Reads invoices from the mailbox and books them.',
  },
  {
    name: 'Invoice approval reminder',
    department: 'Finance',
    description: 'Reminds approvers of invoices that wait for more than three days.',
  },
  {
    name: 'Vendor master sync',
    department: 'Finance',
    description: 'Copies changed vendors from the ERP into procurement.',
  },
  {
    name: 'Payment run',
    department: 'Finance',
    description: 'Collects due items and hands the payment file to the bank.',
  },
  {
    name: 'Bank statement import',
    department: 'Finance',
    description: 'Fetches the statements of all accounts and posts them.',
  },
  {
    name: 'Dunning letters',
    department: 'Finance',
    description: 'Writes dunning letters of levels one to three.',
  },
  {
    name: 'Month-end closing checks',
    department: 'Finance',
    description: 'Runs the forty checks before the books are closed.',
  },
  {
    name: 'Travel expense audit',
    department: 'Finance',
    description: 'Samples expense reports and flags missing receipts.',
  },
  {
    name: 'VAT return preparation',
    department: 'Finance',
    description: 'Gathers the figures of the VAT return.',
  },
];

const people: readonly Automation[] = [
  {
    name: 'Employee onboarding',
    department: 'People',
    description: 'Creates accounts, orders equipment and books the first week.',
  },
  {
    name: 'Employee offboarding',
    department: 'People',
    description: 'Closes accounts on the last working day.',
  },
  {
    name: 'Payroll export',
    department: 'People',
    description: 'Hands the month’s changes to the payroll provider.',
  },
  {
    name: 'Absence sync',
    department: 'People',
    description: 'Keeps calendars and the absence tool in step.',
  },
  {
    name: 'Training certificate renewal',
    department: 'People',
    description: 'Tells people in time that a certificate runs out.',
  },
];

const customers: readonly Automation[] = [
  {
    name: 'Order import',
    department: 'Sales',
    description: 'Takes orders from the web shop into the ERP.',
  },
  {
    name: 'Order confirmation',
    department: 'Sales',
    description: 'Sends confirmations with delivery dates.',
  },
  {
    name: 'Credit check',
    department: 'Sales',
    description: 'Asks the bureau about customers above their limit.',
  },
  {
    name: 'Price list distribution',
    department: 'Sales',
    description: 'Publishes price lists per country.',
  },
  {
    name: 'Customer data clean-up',
    department: 'Sales',
    description: 'Finds duplicates and proposes merges.',
  },
  {
    name: 'Contract renewal notice',
    department: 'Sales',
    description: 'Opens a task ninety days before a contract ends.',
  },
  {
    name: 'Complaint routing',
    department: 'Service',
    description: 'Reads complaints and puts them into the right queue.',
  },
  {
    name: 'Warranty claim',
    department: 'Service',
    description: 'Checks the serial number and opens the claim.',
  },
  {
    name: 'Return label',
    department: 'Service',
    description: 'Creates a return label and mails it.',
  },
];

const operations: readonly Automation[] = [
  {
    name: 'Stock level report',
    department: 'Logistics',
    description: 'Reports stock below its minimum each morning.',
  },
  {
    name: 'Shipment tracking',
    department: 'Logistics',
    description: 'Polls carriers and updates the orders.',
  },
  {
    name: 'Customs declaration',
    department: 'Logistics',
    description: 'Prepares export declarations.',
  },
  {
    name: 'Supplier scorecard',
    department: 'Procurement',
    description: 'Rates suppliers by punctuality and complaints.',
  },
  {
    name: 'Certificate rotation',
    department: 'IT',
    description: 'Renews TLS certificates thirty days before they end.',
  },
  {
    name: 'Database backup check',
    department: 'IT',
    description: 'Restores last night’s backup and compares counts.',
  },
  {
    name: 'User access review',
    department: 'IT',
    description: 'Sends every manager the rights of the team.',
  },
  {
    name: 'Ticket triage',
    department: 'IT',
    description: 'Classifies new tickets and sets their priority.',
  },
  {
    name: 'Sensor data load',
    department: 'Production',
    description: 'Loads machine readings into the data lake.',
  },
  {
    name: 'Maintenance planning',
    department: 'Production',
    description: 'Plans inspections from running hours.',
  },
  {
    name: 'Quality sample evaluation',
    department: 'Production',
    description: 'Evaluates lab samples and releases batches.',
  },
];

/** The automations of the company, in an order that mixes departments. */
export const automations: readonly Automation[] = [finance, people, customers, operations].flatMap(
  (group) => group,
);

const regions = [
  'EMEA',
  'Nordics',
  'DACH',
  'Iberia',
  'Benelux',
  'UK',
  'North America',
  'LATAM',
  'APAC',
  'Japan',
];

/** The first `count` automations; beyond the list they repeat per region and site, as in companies that grew by buying. */
export function companyOf(count: number): Automation[] {
  return Array.from({ length: count }, (_, index) => {
    const base = automations[index % automations.length] ?? smokeTest;
    const round = Math.floor(index / automations.length);
    if (round === 0) return base;
    const region = regions[(round - 1) % regions.length] ?? '';
    const site = Math.floor((round - 1) / regions.length) + 1;
    return { ...base, name: `${base.name} ${region} ${site}` };
  });
}
