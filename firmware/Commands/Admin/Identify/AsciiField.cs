namespace Nvmepf.Firmware.Commands.Admin.Structures;

/// <summary>ASCII fields of Identify and log pages: left aligned, padded with spaces (NVMe Base 2.1 section 1.4.2).</summary>
internal static class AsciiField
{
    /// <summary>Writes as much of the text as fits; what is no printable ASCII becomes a question mark.</summary>
    public static void Write(Span<byte> field, string text)
    {
        field.Fill((byte)' ');
        int length = Math.Min(field.Length, text.Length);
        for (int i = 0; i < length; i++)
        {
            char c = text[i];
            field[i] = c is >= ' ' and <= '~' ? (byte)c : (byte)'?';
        }
    }
}
