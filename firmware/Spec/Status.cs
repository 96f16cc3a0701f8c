// The status of a command: the 15 bits above the phase tag (NVMe Base 2.1, 4.2.3). The codes are in StatusCode.cs.
using System;

namespace Nvmepf.Spec;

/// <summary>SCT: which list of codes SC is from (NVMe Base 2.1, 4.2.3).</summary>
public enum StatusCodeType : byte
{
    /// <summary>0h: generic command status.</summary>
    Generic = 0,

    /// <summary>1h: command specific status.</summary>
    CommandSpecific = 1,

    /// <summary>2h: media and data integrity errors.</summary>
    MediaAndDataIntegrity = 2,

    /// <summary>3h: path related status.</summary>
    PathRelated = 3,

    /// <summary>7h: vendor specific.</summary>
    VendorSpecific = 7,
}

/// <summary>
/// The status of a command, 15 bits: SC, SCT, CRD, M and DNR (NVMe Base 2.1, 4.2.3). The default value is success.
/// A <see cref="StatusCode"/> converts to it, and <c>switch (status.Code)</c> tells codes apart whatever the other bits are.
/// </summary>
/// <param name="raw">The status as DW3 bits 31:17 hold it: bit 0 here is the lowest bit of SC.</param>
public readonly struct Status(ushort raw) : IEquatable<Status>
{
    /// <summary>All 15 bits; bit 15 is zero.</summary>
    public readonly ushort Raw = (ushort)(raw & 0x7FFF);

    /// <summary>A status of a code, with Do Not Retry if wanted.</summary>
    /// <param name="code">The code with its type.</param>
    /// <param name="doNotRetry">DNR: the same command would fail again.</param>
    public Status(StatusCode code, bool doNotRetry = false)
        : this((ushort)((ushort)code | (doNotRetry ? 0x4000 : 0)))
    {
    }

    /// <summary>Successful Completion: every bit zero.</summary>
    public static Status Success => default;

    /// <summary>SC, bits 7:0 (DW3 24:17).</summary>
    public byte CodeInType { get => (byte)Raw; init => Raw = (ushort)Bits.With(Raw, 0, 8, value); }

    /// <summary>SCT, bits 10:8 (DW3 27:25).</summary>
    public StatusCodeType StatusCodeType
    {
        get => (StatusCodeType)Bits.Get(Raw, 8, 3);
        init => Raw = (ushort)Bits.With(Raw, 8, 3, (uint)value);
    }

    /// <summary>CRD, bits 12:11 (DW3 29:28): 0 for none, else which of CRDT1 to CRDT3 the host waits before a retry.</summary>
    public byte CommandRetryDelay { get => (byte)Bits.Get(Raw, 11, 2); init => Raw = (ushort)Bits.With(Raw, 11, 2, value); }

    /// <summary>M, bit 13 (DW3 30): the Error Information log has an entry for this command.</summary>
    public bool More { get => Bits.Test(Raw, 13); init => Raw = (ushort)Bits.With(Raw, 13, value); }

    /// <summary>DNR, bit 14 (DW3 31): the same command would fail again.</summary>
    public bool DoNotRetry { get => Bits.Test(Raw, 14); init => Raw = (ushort)Bits.With(Raw, 14, value); }

    /// <summary>SCT and SC as one value, for comparing and for switch.</summary>
    public StatusCode Code => (StatusCode)(Raw & 0x07FF);

    /// <summary>Whether SCT and SC are zero.</summary>
    public bool IsSuccess => (Raw & 0x07FF) == 0;

    /// <summary>Whether SCT or SC is not zero.</summary>
    public bool IsError => (Raw & 0x07FF) != 0;

    /// <summary>A status with nothing but a code.</summary>
    /// <param name="code">The code with its type.</param>
    public static implicit operator Status(StatusCode code) => new(code);

    /// <summary>A status with nothing but a code; what the implicit conversion does, by name.</summary>
    /// <param name="code">The code with its type.</param>
    /// <returns>The status.</returns>
    public static Status FromStatusCode(StatusCode code) => new(code);

    /// <summary>Whether all 15 bits agree. To compare codes only, use <see cref="Code"/>.</summary>
    /// <param name="left">One status.</param>
    /// <param name="right">The other status.</param>
    public static bool operator ==(Status left, Status right) => left.Raw == right.Raw;

    /// <summary>Whether any of the 15 bits differs.</summary>
    /// <param name="left">One status.</param>
    /// <param name="right">The other status.</param>
    public static bool operator !=(Status left, Status right) => left.Raw != right.Raw;

    /// <summary>This status with DNR set.</summary>
    /// <returns>The status.</returns>
    public Status WithDoNotRetry() => this with { DoNotRetry = true };

    /// <summary>This status with M set: there is an Error Information log entry for it.</summary>
    /// <returns>The status.</returns>
    public Status WithMore() => this with { More = true };

    /// <summary>This status with CRD set.</summary>
    /// <param name="commandRetryDelay">0 for none, else which of CRDT1 to CRDT3 applies.</param>
    /// <returns>The status.</returns>
    public Status WithCommandRetryDelay(byte commandRetryDelay) => this with { CommandRetryDelay = commandRetryDelay };

    /// <inheritdoc/>
    public bool Equals(Status other) => Raw == other.Raw;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Status other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Raw;
}
