// en-office.ts - texts of the back office that came later: proofs, projections.
export const office = {
  'proof.title': 'Proof',
  'proof.busy': 'Checking…',
  'proof.verified':
    'This browser has made this ticket’s hash of what is shown here, and with it the root of the tree of {size} tickets that checkpoint {number} was signed with.',
  'proof.unchecked':
    'This ticket is in the tree of {size} tickets that checkpoint {number} is about. Who signed it is not checked: this browser knows no Ed25519.',
  'proof.pending':
    'No checkpoint has got so far yet. One is made a minute after the first ticket that is not signed.',
  'proof.tree':
    'This ticket, as it is shown here, is not in the tree that was signed. Save it, and tell whoever watches over this venue.',
  'proof.signature': 'None of this venue’s keys has signed the checkpoint that this ticket shall be in.',
  'proof.badNote': 'What came with this ticket is no checkpoint.',
  'proof.again': 'Look again',
  'proof.parts': 'What it was checked with',
  'proof.path': 'Path, nearest to the leaf first',
  'proof.note': 'Signed checkpoint',
  'proof.keys': 'Keys of this venue',
  'proof.ownKey':
    'A venue cannot vouch for itself: compare its key with the one that you were given elsewhere. With the saved ticket, “bourse audit verify --proof” checks the same without this page.',
  'proof.save': 'Save this ticket',
  'value.pending_signature': 'Signature not checked',
  'value.pending_checkpoint': 'Not yet signed',
  'value.wrong': 'WRONG',
  'page.projections': 'Projections',
  'projections.about':
    'What is read comes from tables that each service makes of its log. How many of its records are not in them yet stands here, as far as this gateway has read the log; they can be made anew with “bourse projection rebuild”.',
  'projections.current': 'Current',
  'projections.behind': '{count} behind',
  'projections.partitions': 'Partitions',
  'field.log_end': 'End of the log',
  'field.lag': 'Lag',
  'field.rows': 'Rows, about',
  'field.generation': 'Generation',
  'field.partition': 'Partition',
  'field.service': 'Service',
  'field.events': 'Events',
};
