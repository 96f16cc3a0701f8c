// Inline byte buffers of the data structures; each converts to Span<byte> and to ReadOnlySpan<byte>.
using System.Runtime.CompilerServices;

namespace Nvmepf.Spec;

/// <summary>3 bytes in line.</summary>
[InlineArray(3)]
public struct Bytes3
{
    private byte _first;
}

/// <summary>8 bytes in line.</summary>
[InlineArray(8)]
public struct Bytes8
{
    private byte _first;
}

/// <summary>16 bytes in line.</summary>
[InlineArray(16)]
public struct Bytes16
{
    private byte _first;
}

/// <summary>20 bytes in line.</summary>
[InlineArray(20)]
public struct Bytes20
{
    private byte _first;
}

/// <summary>40 bytes in line.</summary>
[InlineArray(40)]
public struct Bytes40
{
    private byte _first;
}

/// <summary>256 bytes in line.</summary>
[InlineArray(256)]
public struct Bytes256
{
    private byte _first;
}

/// <summary>1024 bytes in line.</summary>
[InlineArray(1024)]
public struct Bytes1024
{
    private byte _first;
}

/// <summary>3712 bytes in line.</summary>
[InlineArray(3712)]
public struct Bytes3712
{
    private byte _first;
}
