// de-office.ts - en-office.ts in German.
import type { office as english } from './en-office';

export const office: Record<keyof typeof english, string> = {
  'proof.title': 'Beweis',
  'proof.busy': 'Wird geprüft …',
  'proof.verified':
    'Dieser Browser hat den Hash dieses Tickets aus dem gebildet, was hier steht, und damit die Wurzel des Baums von {size} Tickets, mit der Prüfpunkt {number} unterschrieben wurde.',
  'proof.unchecked':
    'Dieses Ticket steht im Baum von {size} Tickets, von dem Prüfpunkt {number} handelt. Wer ihn unterschrieben hat, ist nicht geprüft: dieser Browser kennt kein Ed25519.',
  'proof.pending':
    'So weit ist noch kein Prüfpunkt. Eine Minute nach dem ersten Ticket, das nicht unterschrieben ist, entsteht einer.',
  'proof.tree':
    'Dieses Ticket, wie es hier steht, ist nicht in dem Baum, der unterschrieben wurde. Sichern Sie es, und wenden Sie sich an die Aufsicht dieses Handelsplatzes.',
  'proof.signature':
    'Den Prüfpunkt, in dem dieses Ticket stehen soll, hat keiner der Schlüssel dieses Handelsplatzes unterschrieben.',
  'proof.badNote': 'Was mit diesem Ticket kam, ist kein Prüfpunkt.',
  'proof.again': 'Noch einmal nachsehen',
  'proof.parts': 'Womit geprüft wurde',
  'proof.path': 'Pfad, vom Blatt an',
  'proof.note': 'Unterschriebener Prüfpunkt',
  'proof.keys': 'Schlüssel dieses Handelsplatzes',
  'proof.ownKey':
    'Ein Handelsplatz kann nicht für sich selbst bürgen: vergleichen Sie seinen Schlüssel mit dem, den Sie anderswoher haben. Mit dem gesicherten Ticket prüft „bourse audit verify --proof“ dasselbe ohne diese Seite.',
  'proof.save': 'Ticket sichern',
  'value.pending_signature': 'Unterschrift nicht geprüft',
  'value.pending_checkpoint': 'Noch nicht unterschrieben',
  'value.wrong': 'FALSCH',
  'page.projections': 'Projektionen',
  'projections.about':
    'Gelesen wird aus Tabellen, die jeder Dienst aus seinem Protokoll bildet. Hier steht, wie viele Einträge noch nicht darin sind, so weit dieses Gateway das Protokoll gelesen hat; neu gebildet werden sie mit „bourse projection rebuild“.',
  'projections.current': 'Aktuell',
  'projections.behind': '{count} zurück',
  'projections.partitions': 'Partitionen',
  'field.log_end': 'Ende des Protokolls',
  'field.lag': 'Rückstand',
  'field.rows': 'Zeilen, ungefähr',
  'field.generation': 'Generation',
  'field.partition': 'Partition',
  'field.service': 'Dienst',
  'field.events': 'Ereignisse',
};
