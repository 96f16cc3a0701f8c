namespace Nvmepf.Firmware.Console;

/// <summary>Where the lines of an answer go.</summary>
internal interface ILineSink
{
    /// <summary>True where nobody reads on.</summary>
    bool IsUnread { get; }

    /// <summary>Writes one line; the line's end is the sink's. What is no printable ASCII becomes a question mark.</summary>
    void WriteLine(ReadOnlySpan<char> line);

    /// <summary>Writes one line of UTF-8, which is ASCII as well.</summary>
    void WriteLine(ReadOnlySpan<byte> line);
}
