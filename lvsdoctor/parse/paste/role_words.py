"""What a host is to LVS, in the languages in which operators write beside English and simplified Chinese."""

# A director and a real server, a client and a gateway; each a part of a regular expression.
OTHER_LANGUAGES = (
    # German, French, Spanish, Portuguese, Italian
    r"last(?:en)?verteiler|(?:lvs[-_ ])?direktor|echter?\s+server|"
    r"r[ée]partiteur(?:\s+de\s+charge)?|serveurs?\s+(?:r[ée]els?|backend)|"
    r"balance?ador(?:\s+de\s+cargas?)?|servidor(?:es)?\s+(?:rea(?:l|les|is)|backend)|direc?tor|"
    r"bilanciatore(?:\s+di\s+carico)?|server\s+real[ei]|cliente?s?|"
    # Russian, Ukrainian, Polish
    r"[Бб]алансировщик(?:\s+нагрузки)?|[Бб]алансувальник|[Дд]иректор|[Рр]еальн(?:ый|ого)\s+сервер|[Бб][эе]кенд|[Кк]лиент|[Шш]люз|"  # noqa: RUF001
    r"(?:лвс|lvs)[-\s]сервер|serwer\s+(?:rzeczywisty|real)|"
    # Japanese, Korean
    r"(?:lvs\s*)?(?:ディレクター?|ロードバランサー?|負荷分散装置|リアル\s?サーバー?|バックエンド(?:サーバー?)?|クライアント|ゲートウェイ)|"
    r"(?:lvs\s*)?(?:디렉터|디렉토리|로드\s?밸런서|리얼\s?서버|실제\s?서버|백엔드(?:\s?서버)?|클라이언트)|"
    # traditional Chinese
    r"(?:lvs\s*)?(?:調度器|負載均衡器?|負載平衡器|平衡器|分發器)|(?:真實|後端|真正)(?:伺服器|服務器|主機|節點|機器)|後端|(?:用戶端|客戶端)(?:主機|機器)?|閘道器?"
)
