/**
 * What a feed may be pulled for: the purposes of the Data Privacy Vocabulary (DPV 2.3, module `purposes`) for which a city pulls pictures or
 * figures of its streets, and one of our `city:` extension. A purpose that is not in this table is unknown, and unknown is refused. That
 * one is in it does not allow anything: agreements and policies do.
 */
export const PURPOSES = {
  'dpv:EnforceSecurity': { en: 'security', ko: '보안' },
  'dpv:ProtectionOfPublicSecurity': { en: 'public security', ko: '공공의 안전' },
  'dpv:Counterterrorism': { en: 'preventing terrorism', ko: '테러 예방' },
  'dpv:MisusePreventionAndDetection': { en: 'preventing misuse', ko: '오남용 방지' },
  'dpv:ImproveTransportMobility': { en: 'traffic and transport', ko: '교통 개선' },
  'dpv:ImprovePublicServices': { en: 'public services', ko: '공공 서비스 개선' },
  'dpv:ImproveHealthcare': { en: 'health care', ko: '보건 의료 개선' },
  'dpv:CombatClimateChange': { en: 'climate and disasters', ko: '기후 변화와 재난 대응' },
  'dpv:ProvideOfficialStatistics': { en: 'official statistics', ko: '공식 통계' },
  'dpv:PublicPolicyMaking': { en: 'public policy', ko: '정책 수립' },
  'dpv:ScientificResearch': { en: 'scientific research', ko: '과학 연구' },
  'dpv:AcademicResearch': { en: 'academic research', ko: '학술 연구' },
  'dpv:LegalCompliance': { en: 'a legal duty', ko: '법적 의무 이행' },
  'dpv:RightsFulfilment': { en: "people's rights", ko: '정보주체의 권리 보장' },
  'dpv:ServiceMonitoring': { en: 'watching over the service', ko: '서비스 점검' },
  'dpv:RepairImpairments': { en: 'repair', ko: '수리' },
  'city:AIDevelopment': { en: 'developing artificial intelligence', ko: '인공지능 개발' },
} as const;

export type Purpose = keyof typeof PURPOSES;
export const PURPOSE_IDS = Object.keys(PURPOSES) as [Purpose, ...Purpose[]];

const NAMESPACES: Readonly<Record<string, string>> = { 'https://w3id.org/dpv#': 'dpv:', 'urn:garim:city#': 'city:' };

/** The purpose that a text names, in full (`https://w3id.org/dpv#EnforceSecurity`) or with its prefix; undefined for any other. */
export function purposeOf(text: string): Purpose | undefined {
  const trimmed = text.trim();
  const namespace = Object.keys(NAMESPACES).find((start) => trimmed.startsWith(start));
  const id = namespace === undefined ? trimmed : NAMESPACES[namespace] + trimmed.slice(namespace.length);
  return Object.hasOwn(PURPOSES, id) ? (id as Purpose) : undefined;
}
