"""The people of the demo market, and what they write."""
import dataclasses

OPERATOR = ("Grace Hopper", "grace@demo.example")
MAKERS = {"Baltic Carbon": "desk@baltic.example", "Iberian Allowances": "desk@iberian.example",
          "Nordic Forests": "desk@nordic.example"}
RULES = {"approval_amounts": {"EUR": 1_000_000, "USD": 1_000_000, "CEA": 100_000, "EUA": 100_000},
         "approval_of_roles": True, "approval_of_retries": True}
DOCUMENTS = {"passport": b"%PDF-1.4\n% A passport of the demo market.\n%%EOF\n",
             "proof_of_address": b"\x89PNG\r\n\x1a\n" + bytes(100) + b"IEND\xae\x42\x60\x82"}
INCOMPLETE = "The scan of the passport ends below the name; please hand in the whole page."


@dataclasses.dataclass(frozen=True)
class Client:
    name: str
    birth_date: str
    nationality: str
    address: str
    iban: str
    euros: int = 0
    check: str = "approved"  # how far it has come: approved, submitted, incomplete

    @property
    def email(self):
        return f"{self.name.split(' ', maxsplit=1)[0].lower()}@demo.example"

    def profile(self):
        return {"name": self.name, "birth_date": self.birth_date, "nationality": self.nationality,
                "address": self.address, "tax_id": self.iban[-8:]}


CLIENTS = [
    Client("Ada Lovelace", "1985-12-10", "GB", "12 Saint James Square, London", "GB29NWBK60161331926819", 80_000),
    Client("Carl Gauss", "1977-04-30", "DE", "Wilhelmstrasse 30, Braunschweig", "DE89370400440532013000", 100_000),
    Client("Emmy Noether", "1982-03-23", "DE", "Hauptstrasse 23, Erlangen", "DE75512108001245126199", 60_000),
    Client("Leonhard Euler", "1987-04-15", "CH", "Rheingasse 15, Basel", "CH9300762011623852957", 45_000),
    Client("Sofia Kovalevskaya", "1990-01-15", "SE", "Sveavagen 56, Stockholm", "SE4550000000058398257466", 40_000),
    Client("Hedy Lamarr", "1984-11-09", "AT", "Peter-Jordan-Strasse 12, Wien", "AT611904300234573201", 95_000),
    Client("Evariste Galois", "1991-10-25", "FR", "Grande Rue 20, Bourg-la-Reine",
           "FR1420041010050500013M02606", 40_000),
    Client("Maria Agnesi", "1978-05-16", "IT", "Via Pantano 1, Milano", "IT60X0542811101000000123456", 55_000),
    Client("Pedro Nunes", "1972-02-02", "PT", "Rua da Sofia 4, Coimbra", "PT50000201231234567890154", 70_000),
    Client("Niels Abel", "1989-08-05", "NO", "Froland Verk 1, Froland", "NO9386011117947", 40_000),
    Client("Kurt Godel", "1986-04-28", "AT", "Josefstadter Strasse 43, Wien", "AT611904300234573201",
           check="submitted"),
    Client("Henri Poincare", "1984-04-29", "FR", "Rue de Guise 2, Nancy", "FR1420041010050500013M02606",
           check="incomplete"),
]
SCREEN = {"name": "Busy today", "filters": {"volume": {"above": "100"}, "status": {"in": ["open"]}},
          "sort": "-volume"}
ALERTS = [("CEA-EUR", "above", "12.40"), ("EUA-EUR", "above", "71.00"),  # these come today
          ("CEA-EUR", "above", "14.00"), ("EUA-EUR", "below", "60.00")]
NEWS = [
    {"category": "carbon", "title": "EUA auction clears at 71.20", "symbols": ["EUA-EUR"],
     "body": "The auction of today cleared at 71.20, close to the last price of the venue."},
    {"category": "carbon", "title": "More certificates of the Iberian peninsula", "symbols": ["CEA-EUR"],
     "body": "Three market makers have certificates on sale in both markets."},
    {"category": "economy", "title": "Industry of the euro area grew in October",
     "body": "Output was above that of September; demand for allowances followed it.", "symbols": ["EUA-EUR"]},
    {"category": "venue", "title": "The demo market is open", "symbols": ["CEA-EUR", "EUA-EUR"],
     "body": "Orders are taken at any time; bookings of more than a million need two people."},
]
DATES = [
    {"country": "EU", "name": "Inflation rate", "importance": "high", "unit": "%",
     "scheduled_at": "2027-01-07T10:00:00Z", "period": "December 2026", "previous": "2.1"},
    {"country": "DE", "name": "Industrial production", "importance": "medium", "unit": "%",
     "scheduled_at": "2027-01-08T07:00:00Z", "period": "November 2026"},
]
FAQ = [
    {"category": "funding", "question": "How do I deposit money?", "position": 10,
     "answer": "Add your bank account, tell us which two small deposits came by it, and ask for a deposit."},
    {"category": "funding", "question": "When does my withdrawal leave?", "position": 20,
     "answer": "Once an operator or your bank's provider has sent it; to a new destination not on the first day."},
    {"category": "trading", "question": "What is a market order?", "position": 10,
     "answer": "One that takes the best offers at once, up to the amount you say."},
]
PUBLISHED = {"news": NEWS, "calendar/economic": DATES, "support/faq": FAQ}
# (question, answer, rating); None: not yet
QUESTIONS = [
    ({"category": "trading", "subject": "An order of yesterday", "text": "Why was only a part of it filled?"},
     "There were not enough offers at your price; the rest waits.", 5),
    ({"category": "funding", "subject": "My withdrawal", "text": "When will it be there?", "priority": "high"},
     "We send it tomorrow morning.", None),
    ({"category": "account", "subject": "A second account", "text": "May my company have one, too?"}, None, None),
]
