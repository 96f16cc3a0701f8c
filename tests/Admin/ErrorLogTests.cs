using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Admin;

public sealed class ErrorLogTests
{
    private static SubmissionQueueEntry ReadErrors(int entries) => AdminHost.Command(
        AdminOpcode.GetLogPage, 0xFFFF_FFFF, (uint)LogPageId.ErrorInformation | ((uint)((entries * 16) - 1) << 16));

    private static ErrorInformationLogEntry[] Errors(AdminHost host, int count)
    {
        Assert.Equal(StatusCode.Success, host.Run(ReadErrors(count)).Code);
        return System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ErrorInformationLogEntry>(host.Data(count * 64)).ToArray();
    }

    [Fact]
    public void An_entry_tells_which_command_failed_and_where()
    {
        using AdminHost host = new();
        Answer bad = host.Run(AdminHost.Command(AdminOpcode.GetFeatures, 1, 0x07 | (5u << 8))); // SEL 5 is reserved
        ErrorInformationLogEntry[] errors = Errors(host, 2);
        Assert.Equal(1ul, errors[0].ErrorCount);
        Assert.Equal(0, errors[0].SubmissionQueueIdentifier);
        Assert.Equal(bad.CommandIdentifier, errors[0].CommandIdentifier);
        Assert.Equal(StatusCode.InvalidField, errors[0].StatusInfo.Status.Code);
        Assert.Equal(41, errors[0].ParameterErrorLocation.Byte);
        Assert.Equal(0, errors[0].ParameterErrorLocation.Bit);
        Assert.Equal(1u, errors[0].NamespaceIdentifier);
        Assert.Equal((byte)AdminOpcode.GetFeatures, errors[0].Opcode);
        Assert.Equal(1, errors[0].LogPageVersion);
        Assert.Equal(0ul, errors[1].ErrorCount);
    }

    [Fact]
    public void An_error_of_no_command_has_no_identifiers()
    {
        ErrorLog log = new();
        log.RecordControllerError(StatusCode.KeepAliveTimerExpired);
        ErrorInformationLogEntry[] entries = new ErrorInformationLogEntry[1];
        log.CopyTo(entries);
        Assert.Equal(0xFFFF, entries[0].SubmissionQueueIdentifier);
        Assert.Equal(0xFFFF, entries[0].CommandIdentifier);
        Assert.Equal(0xFFFF, entries[0].ParameterErrorLocation.Raw);
        Assert.Equal(StatusCode.KeepAliveTimerExpired, entries[0].StatusInfo.Status.Code);
    }

    [Fact]
    public void The_newest_come_first_and_the_oldest_fall_out()
    {
        ErrorLog log = new();
        for (int i = 0; i < ErrorLog.EntryCount + 3; i++)
        {
            log.RecordControllerError(StatusCode.InternalError);
        }

        ErrorInformationLogEntry[] entries = new ErrorInformationLogEntry[ErrorLog.EntryCount];
        log.CopyTo(entries);
        for (int i = 0; i < entries.Length; i++)
        {
            Assert.Equal((ulong)(ErrorLog.EntryCount + 3 - i), entries[i].ErrorCount);
        }
    }

    [Fact]
    public void A_reset_empties_the_log_and_goes_on_counting()
    {
        using AdminHost host = new();
        _ = host.Run(AdminHost.Command((AdminOpcode)0xEE));
        host.Reset();
        Assert.Equal(0ul, Errors(host, 1)[0].ErrorCount);
        _ = host.Run(AdminHost.Command((AdminOpcode)0xEE));
        Assert.Equal(2ul, Errors(host, 1)[0].ErrorCount);
        Assert.Equal(2ul, host.Controller.Errors.Count);
    }
}
