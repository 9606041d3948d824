"""What people call the column of numbers and the column of countries, in six languages.

Each wording is written as people write it; `headers` folds case, accents, blanks and marks away
before it compares, so "Teléfono", "TELEFONO" and "telé_fono" are one wording.
"""

from __future__ import annotations

#: A mobile number by name: English, Spanish, Hindi, Portuguese, French, German.
MOBILE = (
    *("mobile", "mobile number", "mobile no", "mobile phone", "cell", "cell phone", "cellphone"),
    *(
        "cell number",
        "msisdn",
        "whatsapp",
        "whatsapp number",
        "sms number",
        "handphone",
        "mob no",
        "mob",
        "sms",
    ),
    *("móvil", "celular", "teléfono móvil", "teléfono celular", "número de móvil", "num movil"),
    *("número de celular", "número móvil", "nro celular", "cel"),
    *("मोबाइल", "मोबाइल नंबर", "मोबाइल नम्बर", "मोबाइल संख्या", "मोबाईल", "मोबाईल नंबर", "मो. नं."),
    *("telemóvel", "celular", "número de telemóvel", "número do celular", "nº celular"),
    *("portable", "mobile", "téléphone portable", "téléphone mobile", "numéro de portable"),
    *("numéro de mobile", "n° portable", "tél portable", "gsm"),
    *("handy", "handynummer", "mobilnummer", "mobiltelefon", "mobil", "mobilfunknummer"),
    *("handynr", "handy nr", "mobilnr", "mobil nr", "mobiltelefonnummer", "mobilfunk"),
)

#: A telephone of some kind; the values decide whether it is meant.
PHONE = (
    *("phone", "phone number", "phone no", "telephone", "telephone number", "tel", "tel no"),
    *(
        "contact number",
        "contact no",
        "number",
        "recipient",
        "recipient number",
        "to",
        "phones",
        "ph",
        "ph no",
    ),
    *("teléfono", "número de teléfono", "tfno", "tlf", "número", "número de contacto", "tel"),
    *("contacto", "destinatario", "fono"),
    *("फ़ोन", "फ़ोन नंबर", "दूरभाष", "दूरभाष संख्या", "संपर्क नंबर", "नंबर", "संपर्क"),
    *("telefone", "número de telefone", "fone", "contato", "número", "destinatário"),
    *("téléphone", "numéro de téléphone", "numéro", "n° de téléphone", "destinataire"),
    *("telefon", "telefonnummer", "rufnummer", "nummer", "empfänger", "tel nr", "telefonnr"),
)

#: A telephone that stands still: taken only where nothing better is there.
LANDLINE = (
    *("landline", "home phone", "office phone", "work phone", "fax", "fixed line"),
    *("teléfono fijo", "fijo", "teléfono de casa", "teléfono oficina"),
    *("telefone fixo", "fixo", "téléphone fixe", "fixe", "festnetz", "festnetznummer", "लैंडलाइन"),
)

#: The country or its calling code.
COUNTRY = (
    *("country", "country code", "calling code", "dial code", "dialing code", "isd", "isd code"),
    *(
        "country calling code",
        "phone code",
        "prefix",
        "phone prefix",
        "cc",
        "ctry",
        "nation",
        "iso",
        "iso code",
    ),
    *("país", "código de país", "código país", "cod pais", "prefijo", "prefijo país", "indicativo"),
    *("prefijo internacional", "código del país"),
    *("देश", "देश कोड", "देश का कोड", "देश का नाम", "कंट्री कोड", "राष्ट्र"),
    *("país", "código do país", "código país", "ddi", "prefixo", "indicativo do país"),
    *("pays", "code pays", "indicatif", "indicatif pays", "préfixe", "indicatif téléphonique"),
    *("land", "ländercode", "landesvorwahl", "ländervorwahl", "vorwahl", "landeskennzahl", "staat"),
    *("länderkennung", "länderkennzahl", "länderkürzel", "internationale vorwahl"),
)

#: Names under which the vendor's numbered variables go: Var1, Variable 2, Campo 3, …
VARIABLE = ("var", "variable", "variavel", "campo", "field", "champ", "feld", "चर", "param", "v")
