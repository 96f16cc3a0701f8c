using System.Globalization;

namespace Nvmepf.Hal.Rk3588;

/// <summary>
/// What the kernel uses as memory, by <c>/proc/iomem</c>: a carve-out there would be written by the kernel and by us. Without the right to
/// see addresses (all are 0 then) nothing is refused; the kernel's own rules for <c>/dev/mem</c> are what is left.
/// </summary>
public static class SystemMemory
{
    private const string Path = "/proc/iomem";
    private const string Kind = "System RAM";

    /// <summary>Refuses a range that the kernel uses.</summary>
    /// <exception cref="PlatformException">A part of the range is the kernel's memory.</exception>
    public static void Refuse(ulong address, ulong lengthBytes)
    {
        string[] lines = File.Exists(Path) ? File.ReadAllLines(Path) : [];
        if (Find(lines, address, lengthBytes) is string range)
        {
            throw new PlatformException(
                $"carve-out at 0x{address:x} of {lengthBytes} bytes: the kernel uses {range} as memory ({Path}); reserve it with no-map in the device tree");
        }
    }

    /// <summary>The first line of kernel memory that a range shares a byte with: its addresses as they stand there, or null.</summary>
    /// <param name="lines">The lines of <c>/proc/iomem</c>. Only whole regions count: what lies inside one is indented.</param>
    /// <param name="address">First byte.</param>
    /// <param name="lengthBytes">Length.</param>
    public static string? Find(IEnumerable<string> lines, ulong address, ulong lengthBytes)
    {
        foreach (string line in lines)
        {
            string[] parts = line.Split(" : ");
            string[] ends = parts[0].Split('-');
            if (parts.Length == 2 && parts[1] == Kind && ends.Length == 2
                && ulong.TryParse(ends[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong first)
                && ulong.TryParse(ends[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong last)
                && last != 0 && address <= last && first <= address + (lengthBytes - 1))
            {
                return parts[0];
            }
        }

        return null;
    }
}
