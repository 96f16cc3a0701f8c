using System.Globalization;
using System.Text;

namespace Nvmepf.Firmware.Configuration;

/// <summary>
/// Identities that are the same after every start although nobody chose or stored them: each is made from the SHA-256 of a text.
/// </summary>
/// <remarks>
/// The rule. The subsystem's NQN is the root. Where it is given, serial, UUIDs and NGUIDs follow from it (and from the NSID) alone: on any
/// machine, wherever the files are. Where it is not given, it is made from the serial if that is given; else from the machine's ID and the
/// path, as written, of the first namespace that outlives the process; else from the machine's ID and the socket's directory. So
/// a disk keeps its identity when its size, queues or socket change; it is another disk when its file moves or on another machine, because two
/// disks with one identity are worse than one disk with a new one: Linux refuses the second.
/// </remarks>
internal static class StableIdentity
{
    private static readonly string[] s_machineIdFiles = ["/etc/machine-id", "/var/lib/dbus/machine-id", "/proc/device-tree/serial-number"];

    /// <summary>NQN of a subsystem that was given none.</summary>
    /// <param name="serial">The serial that was given, or null.</param>
    /// <param name="machineId">What tells this machine from others; may be empty.</param>
    /// <param name="persistentPath">Absolute path of the first namespace that outlives the process, or null.</param>
    /// <param name="socketDirectory">Absolute path of the socket's directory.</param>
    public static string Nqn(string? serial, string machineId, string? persistentPath, string socketDirectory)
    {
        string seed = serial is not null ? $"serial {serial}"
            : persistentPath is not null ? $"machine {machineId} path {persistentPath}"
            : $"machine {machineId} socket {socketDirectory}";
        return QualifiedName.FromUuid(ToUuid(Digest("nqn", seed)));
    }

    /// <summary>Serial number of a subsystem: 20 hexadecimal digits, as nvmet's.</summary>
    public static string Serial(string nqn) => Convert.ToHexStringLower(Digest("serial", nqn).AsSpan(0, 10));

    /// <summary>UUID of a namespace.</summary>
    public static Guid Uuid(string nqn, uint namespaceId) => ToUuid(Digest("uuid", OfNamespace(nqn, namespaceId)));

    /// <summary>
    /// NGUID of a namespace (NVMe Base 2.1 section 4.7.1.4: bytes 8 to 10 are the OUI). Without an OUI of one's own the bit for
    /// locally administered addresses is set.
    /// </summary>
    public static byte[] Nguid(string nqn, uint namespaceId, uint ieeeOui)
    {
        byte[] nguid = Digest("nguid", OfNamespace(nqn, namespaceId))[..16];
        if (ieeeOui == 0)
        {
            nguid[8] = (byte)((nguid[8] & 0xFE) | 0x02);
        }
        else
        {
            nguid[8] = (byte)(ieeeOui >> 16);
            nguid[9] = (byte)(ieeeOui >> 8);
            nguid[10] = (byte)ieeeOui;
        }

        return nguid;
    }

    /// <summary>What tells this machine from others; empty where it has nothing of the kind.</summary>
    public static string ReadMachineId()
    {
        foreach (string path in s_machineIdFiles)
        {
            try
            {
                string text = File.ReadAllText(path).Trim('\0', '\n', ' ');
                if (text.Length > 0)
                {
                    return text;
                }
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                // The next one, or none.
            }
        }

        return string.Empty;
    }

    private static string OfNamespace(string nqn, uint namespaceId) => string.Create(CultureInfo.InvariantCulture, $"{nqn} {namespaceId}");

    /// <summary>The digest of <c>nvmepf PURPOSE SEED</c>: the purpose keeps identities of different kinds apart.</summary>
    private static byte[] Digest(string purpose, string seed) => Sha256.Hash(Encoding.UTF8.GetBytes($"nvmepf {purpose} {seed}"));

    /// <summary>A UUID of version 8 (RFC 9562 section 5.8).</summary>
    private static Guid ToUuid(byte[] digest)
    {
        digest[6] = (byte)((digest[6] & 0x0F) | 0x80);
        digest[8] = (byte)((digest[8] & 0x3F) | 0x80);
        return new Guid(digest.AsSpan(0, 16), bigEndian: true);
    }
}
