using System.Globalization;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>
/// The largest file that this process may write (RLIMIT_FSIZE), as the system shows it in /proc. Reads it, never sets it.
/// </summary>
internal static class FileSizeLimit
{
    private const string Label = "Max file size";

    /// <summary>The soft limit in bytes; null for none, or where the system does not say.</summary>
    internal static ulong? Read()
    {
        try
        {
            return Parse(File.ReadLines("/proc/self/limits"));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Finds the soft limit in the lines of a limits file.</summary>
    internal static ulong? Parse(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            if (line.StartsWith(Label, StringComparison.Ordinal))
            {
                string rest = line[Label.Length..].TrimStart();
                int end = rest.IndexOf(' ', StringComparison.Ordinal);
                string soft = end < 0 ? rest : rest[..end];
                return ulong.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out ulong limit) ? limit : null;
            }
        }

        return null;
    }
}
