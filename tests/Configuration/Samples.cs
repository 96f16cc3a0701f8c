namespace Nvmepf.Tests.Configuration;

/// <summary>Configuration files.</summary>
internal static class Samples
{
    /// <summary>As nvmetcli saves it: neither functions nor controllers.</summary>
    public const string Nvmetcli = """
        {"hosts": [],
         "ports": [{"portid": 1, "addr": {"trtype": "pci", "adrfam": "pci", "treq": "not specified", "traddr": "", "trsvcid": ""},
           "param": {"max_queue_size": "1024", "mdts": "0", "inline_data_size": "0", "pi_enable": "0"},
           "ana_groups": [{"grpid": 1, "ana": {"state": "optimized"}}], "referrals": [], "subsystems": ["nqn.2026-01.lab:ep0"]}],
         "subsystems": [{"nqn": "nqn.2026-01.lab:ep0", "allowed_hosts": [],
           "attr": {"allow_any_host": "1", "vendor_id": "0x1b96", "subsys_vendor_id": "0x1b96", "serial": "EP0001", "model": "Lab SSD",
             "qid_max": "4", "version": "2.1", "cntlid_min": "1", "cntlid_max": "65519"},
           "namespaces": [{"nsid": 1, "enable": 1, "ana_grpid": 1, "device": {"path": "/dev/nullb0",
             "uuid": "d592cdf3-0000-4000-8000-000000000001", "nguid": "00000000-0000-0000-0000-000000000000"}, "resv": {"enable": "0"}}]}]}
        """;

    /// <summary>Everything that nvmetcli can save, in a file for a network target with a PCI port beside it.</summary>
    public const string NvmetcliFull = """
        {
          "discovery": {"nqn": "nqn.2014-08.org.nvmexpress.discovery"},
          "hosts": [
            {"nqn": "nqn.2014-08.org.nvmexpress:uuid:11111111-2222-4333-8444-555555555555",
             "dhchap": {"key": "DHHC-1:00:secret:", "ctrl_key": "", "hash": "hmac(sha256)", "dhgroup": "null"}}
          ],
          "ports": [
            {"portid": 7, "addr": {"trtype": "tcp", "adrfam": "ipv4", "treq": "not required", "traddr": "192.0.2.1", "trsvcid": "4420", "tsas": "none"},
             "param": {"max_queue_size": "-1", "mdts": "5", "inline_data_size": "-1", "pi_enable": "1"},
             "ana_groups": [{"grpid": 1, "ana": {"state": "optimized"}}, {"grpid": 2, "ana": {"state": "inaccessible"}}],
             "referrals": [{"name": "other", "addr": {"trtype": "tcp", "adrfam": "ipv4", "treq": "not specified", "traddr": "192.0.2.2",
               "trsvcid": "4420", "portid": "8"}, "enable": 1}],
             "subsystems": ["testnqn"]},
            {"portid": 8, "addr": {"trtype": "pci", "adrfam": "pci", "treq": "not specified", "traddr": "", "trsvcid": "", "tsas": ""},
             "param": {"max_queue_size": "-1", "mdts": "5"}, "ana_groups": [], "referrals": [], "subsystems": ["nvmepf.0.nqn"]}
          ],
          "subsystems": [
            {"nqn": "testnqn", "allowed_hosts": ["nqn.2014-08.org.nvmexpress:uuid:11111111-2222-4333-8444-555555555555"],
             "attr": {"allow_any_host": "0", "version": "1.3", "serial": "abcdef", "cntlid_min": "1", "cntlid_max": "65519", "vendor_id": "0x0",
               "subsys_vendor_id": "0x0", "model": "Linux", "qid_max": "128", "ieee_oui": "0x000000", "firmware": "6.14.0-r", "pi_enable": "1"},
             "namespaces": [], "passthru": [{"device": {"path": "/dev/nvme0"}, "enable": 1, "clear_ids": 0, "admin_timeout": 0, "io_timeout": 0}]},
            {"nqn": "nvmepf.0.nqn", "allowed_hosts": [],
             "attr": {"allow_any_host": "1", "qid_max": "6", "vendor_id": "0x0", "subsys_vendor_id": "0x0"},
             "namespaces": [
               {"nsid": 3, "enable": 1, "ana_grpid": 1, "ana": {"grpid": "1"}, "device": {"path": "/srv/disk", "uuid": "", "nguid": ""}},
               {"nsid": 1, "enable": 0, "device": {"path": "/srv/gone"}, "resv": {"enable": "1"}, "buffered_io": 1}],
             "passthru": [{"device": {"path": ""}, "enable": 0, "clear_ids": 0, "admin_timeout": 0, "io_timeout": 0}]}
          ]
        }
        """;

    /// <summary>A whole small file. Each argument goes into the place that its name says.</summary>
    public static string With(
        string device = "",
        string attributes = "",
        string function = "",
        string controller = "",
        string port = "",
        string subsystem = "") => $$$"""
        {
          "subsystems": [{"nqn": "nqn.2026-01.lab:a",
            "attr": { {{{attributes}}} },
            "namespaces": [{"nsid": 1, "enable": 1, "device": {"path": "null:1G"{{{Then(device)}}}}}] {{{Then(subsystem)}}} }],
          "ports": [{"portid": 1, "addr": {"trtype": "pci"}, "subsystems": ["nqn.2026-01.lab:a"] {{{Then(port)}}} }],
          "functions": [{"name": "nvmepf.0" {{{Then(function)}}} }],
          "controllers": [{"name": "vm", "vfio_user": {"directory": "/run/vm"}, "functions": ["nvmepf.0"] {{{Then(controller)}}} }]
        }
        """;

    private static string Then(string more) => more.Length == 0 ? string.Empty : ", " + more;
}
